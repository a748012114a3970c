"""Lines that a run prints before the long work begins."""

from collections.abc import Mapping, Sequence

from reasoning_data import Manifest
from reasoning_train.config import RunConfig
from reasoning_train.config.schema import GrpoSection, SamplingSection, SftSection
from reasoning_train.run_dir.directory import RunDir


def opening_line(config: RunConfig, run: RunDir, devices: Sequence[str]) -> str:
    """Return a line with the model, the devices, the work of each stage, and the run directory.

    Args:
        config: Configuration of the run.
        run: Run directory.
        devices: Kind of each device, such as `TPU v5 lite`.
    """
    sft, grpo = config.sft, config.grpo
    kinds = ", ".join(f"{devices.count(kind)} × {kind}" for kind in dict.fromkeys(devices))
    done = run.read_state().done
    sampled = {"sampling": _drawn(config.sampling)} if config.sampling.completions else {}
    if config.own_traces.steps:
        sampled["own-traces"] = f"SFT on own samples for {config.own_traces.steps} updates"
    stages = {
        "sft": f"SFT for {_extent(sft)} of {sft.batch_size} rows",
        **sampled,
        "grpo": f"GRPO for {_extent(grpo)} of {grpo.batch_size} × {grpo.num_generations} "
        "completions",
    }
    parts = [f"{text} (done)" if name in done else text for name, text in stages.items()]
    return f"{config.model.name} on {kinds}: {', '.join(parts)}; saved in {run.root}"


def row_lines(manifest: Manifest, config: RunConfig, sets: Mapping[str, Manifest]) -> list[str]:
    """Return lines with the number of rows of each stage, and of rows left out by reason.

    Args:
        manifest: Manifest of the training data.
        config: Configuration of the run.
        sets: Manifest of each named evaluation set.
    """
    rows = manifest.splits
    held_out = {name: found.splits["eval"] for name, found in sets.items()}
    own = {} if sets else {"": rows.get("eval", 0)}
    named = ", ".join(f"{count:,} {name}".strip() for name, count in (held_out | own).items())
    lines = [
        f"data: {rows.get('sft', 0):,} rows for SFT, {rows.get('grpo', 0):,} for GRPO, "
        f"{named} held out"
    ]
    lines += _left_out(manifest, "")
    for name, found in sets.items():
        lines += _left_out(found, f" of {name}")
    wanted = config.data.eval_problems
    # A set of one's own may be small; that rows of it were left out is worth a warning.
    short = [name for name, found in sets.items() if found.rejected] if sets else [""]
    for name in [] if config.data.build and not sets else short:
        count = (held_out | own)[name]
        of_set = f" of {name}" if name else ""
        if count < wanted:
            lines.append(
                f"warning: only {count:,} held-out problems{of_set} instead of data.eval_problems "
                f"{wanted:,}, so accuracy is based on these; to keep longer problems, raise "
                "--data.prompt-tokens and --data.completion-tokens"
            )
    return lines


def _left_out(manifest: Manifest, of_set: str) -> list[str]:
    reasons = sorted(manifest.rejected.items(), key=lambda reason: -reason[1])
    if not reasons:
        return []
    named = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in reasons)
    total = sum(manifest.rejected.values())
    return [f"left out{of_set}: {total:,} of {_read(manifest):,} rows ({named})"]


def _drawn(section: SamplingSection) -> str:
    problems = f"{section.problems:,}" if section.problems else "all"
    return f"{section.completions} samples of {problems} problems"


def _extent(section: SftSection | GrpoSection) -> str:
    if section.bound == "clock":
        return "its share of the budget, in updates"
    return f"{section.steps} updates"


def _read(manifest: Manifest) -> int:
    return dict(manifest.steps).get("read", 0)
