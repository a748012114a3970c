"""What a run says of itself before the long work begins."""

from collections.abc import Sequence

from reasoning_data import Manifest
from reasoning_train.config import RunConfig
from reasoning_train.config.schema import GrpoSection, SamplingSection, SftSection
from reasoning_train.run_dir.directory import RunDir


def opening_line(config: RunConfig, run: RunDir, devices: Sequence[str]) -> str:
    """What will be trained, on what, how much, and where it is kept.

    Args:
        config: The configuration.
        run: The run directory.
        devices: The kind of each device, such as `TPU v5 lite`.
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
    return f"{config.model.name} on {kinds}: {', '.join(parts)}; kept in {run.root}"


def row_lines(manifest: Manifest, config: RunConfig) -> list[str]:
    """How many rows each stage has, how many were left out and why."""
    rows = manifest.splits
    lines = [
        f"data: {rows.get('sft', 0):,} rows for SFT, {rows.get('grpo', 0):,} for GRPO, "
        f"{rows.get('eval', 0):,} held out"
    ]
    reasons = sorted(manifest.rejected.items(), key=lambda reason: -reason[1])
    named = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in reasons)
    if reasons:
        total = sum(manifest.rejected.values())
        lines.append(f"left out: {total:,} of {_read(manifest):,} rows ({named})")
    missing = config.data.eval_problems - rows.get("eval", 0)
    if missing > 0:
        lines.append(
            f"warning: {missing:,} of {config.data.eval_problems:,} held-out problems were left "
            "out, so accuracy is that of the rest only; longer problems are kept with "
            "--data.prompt-tokens and --data.completion-tokens"
        )
    return lines


def _drawn(section: SamplingSection) -> str:
    problems = f"{section.problems:,}" if section.problems else "all"
    return f"{section.completions} samples of {problems} problems"


def _extent(section: SftSection | GrpoSection) -> str:
    if section.bound == "clock":
        return "its share of the budget, in updates"
    return f"{section.steps} updates"


def _read(manifest: Manifest) -> int:
    return dict(manifest.steps).get("read", 0)
