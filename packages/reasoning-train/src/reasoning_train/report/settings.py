"""Settings of runs: a summary, all values, and the differences between runs."""

from collections.abc import Iterator, Mapping
from typing import Any

from reasoning_train.report.evaluations import COMPONENTS
from reasoning_train.report.load import RunView
from reasoning_train.run_dir.records import as_number, finite, mapping

LONGEST = 400
"""Maximum number of characters shown of a value."""


def clip(value: object, limit: int = LONGEST) -> str:
    """Return a value as text, shortened to `limit` characters."""
    written = value if isinstance(value, str) else str(value)
    if len(written) <= limit:
        return written
    return f"{written[:limit]} … ({len(written) - limit:,} more characters)"


def flat_settings(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield every setting as `section.key` with its value as text."""
    for key, value in config.items():
        if isinstance(value, dict):
            yield from flat_settings(value, f"{prefix}{key}.")
        else:
            yield clip(f"{prefix}{key}"), clip("(empty)" if value == "" else value)


def sections(config: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the settings by section, first those outside any section."""
    plain = {key: value for key, value in config.items() if not isinstance(value, dict)}
    groups = [("run", list(flat_settings(plain)))] if plain else []
    return groups + [
        (clip(key), list(flat_settings(value)))
        for key, value in config.items()
        if isinstance(value, dict)
    ]


def differences(*runs: RunView) -> list[tuple[str, ...]]:
    """Return the settings, models, data and versions that differ between runs.

    Each row is a name followed by the value in each run.
    """
    sides = [dict(_comparable(run)) for run in runs]
    keys = dict.fromkeys(key for side in sides for key in side)
    rows = ((key, *(side.get(key, "—") for side in sides)) for key in keys)
    return [row for row in rows if len(set(row[1:])) > 1]


def _comparable(run: RunView) -> Iterator[tuple[str, str]]:
    yield from flat_settings(run.config)
    base = mapping(run.manifest, "base_model")
    yield from ((f"base {key}", value) for key, value in flat_settings(mapping(base, "sha256")))
    yield "data manifest", run.data_manifest_sha256 or "—"
    yield "git commit", clip(run.manifest.get("git_commit") or "—")
    yield from flat_settings(mapping(run.manifest, "packages"))


def story(run: RunView) -> list[tuple[str, str]]:
    """Return a summary of the run as lines of label and text."""
    model, data = mapping(run.config, "model"), mapping(run.config, "data")
    sft, grpo = mapping(run.config, "sft"), mapping(run.config, "grpo")
    base, reward = mapping(run.manifest, "base_model"), mapping(run.config, "reward")
    lines = []
    if model or base:
        sha = mapping(base, "sha256").get("model.safetensors")
        lines.append(
            (
                "Model",
                _join(
                    base.get("name") or model.get("name"),
                    base.get("architecture"),
                    model.get("dtype"),
                    f"weights {str(sha)[:12]}" if sha else "",
                ),
            )
        )
        rank, alpha = model.get("lora_rank", "?"), model.get("lora_alpha", "?")
        full = run.manifest.get("training", model.get("training")) == "full"
        lines.append(("Trained", "all weights" if full else f"LoRA of rank {rank}, alpha {alpha}"))
    if data:
        lines.append(
            (
                "Data",
                f"{_sources(data)}; prompts up to {data.get('prompt_tokens', '?')} tokens, "
                f"completions up to {data.get('completion_tokens', '?')}",
            )
        )
    if sft:
        lines.append(
            (
                "SFT",
                f"{_steps(sft)} of {sft.get('batch_size', '?')} examples, peak "
                f"learning rate {sft.get('learning_rate', '?')}",
            )
        )
    lines += _samples(run)
    if grpo:
        lines.append(
            (
                "GRPO",
                f"{_steps(grpo)} of {grpo.get('batch_size', '?')} prompts × "
                f"{grpo.get('num_generations', '?')} completions, peak learning rate "
                f"{grpo.get('learning_rate', '?')}, advantage {grpo.get('advantage', '?')}, "
                f"KL weight {grpo.get('kl_coefficient', '?')}, temperature "
                f"{grpo.get('temperature', '?')}",
            )
        )
    if reward:
        parts = [f"{name} {_weight(reward[name])}" for name in COMPONENTS if name in reward]
        parts += [f"{k.replace('_', ' ')} {v}" for k, v in reward.items() if k.endswith("_at_end")]
        extra = reward.get("extra")
        parts += map(str, extra if isinstance(extra, list) else [])
        lines.append(("Reward", ", ".join(parts)))
    lines.append(("Seed", str(run.config.get("seed", "?"))))
    if run.config.get("budget"):
        lines.append(("Budget", str(run.config["budget"])))
    return [(label, clip(value)) for label, value in lines]


def _samples(run: RunView) -> Iterator[tuple[str, str]]:
    """Yield lines on the samples drawn before GRPO, and on those used for further SFT."""
    drawn, own = run.sampling, run.own_traces
    count = finite(drawn, "problems")
    if count:
        shares = {
            kind: 100 * (finite(drawn, kind) or 0.0) / count
            for kind in ("mixed", "never", "always")
        }
        yield (
            "Samples",
            f"{int(finite(drawn, 'completions') or 0):,} of {int(count):,} problems, "
            f"{100 * (finite(drawn, 'correct') or 0.0):.1f} % right; {shares['mixed']:.1f} % of "
            f"the problems solved sometimes, {shares['never']:.1f} % never, "
            f"{shares['always']:.1f} % always",
        )
    if own:
        kept, every = finite(own, "tokens_kept"), finite(own, "tokens_right_samples")
        lengths = f" of {kept:.1f} tokens on average" if kept else ""
        lengths += f" ({every:.1f} in all right ones)" if kept and every else ""
        yield (
            "SFT on own samples",
            f"{run.steps_made('own-traces')} updates on {int(finite(own, 'right') or 0):,} right "
            f"ones{lengths}, and on the confidence line of {int(finite(own, 'wrong') or 0):,} "
            "wrong ones",
        )


def _weight(value: object) -> str:
    """Format a weight, which is 12/17 or 5/17 if the schema has no confidence."""
    number = as_number(value)
    return clip(value) if number is None else f"{number:.3g}"


def _sources(data: Mapping[str, Any]) -> str:
    """Return the sources of the problems and their maximum numbers."""
    if data.get("build"):
        text = f"the build {data['build']}"
    else:
        listed = data.get("sources")
        names = map(str, listed) if isinstance(listed, list) else ["?"]
        text = (
            f"{' and '.join(names)}: at most {data.get('sft_problems', '?')} worked problems for "
            f"SFT, {data.get('grpo_problems', '?')} for GRPO, {data.get('eval_problems', '?')} "
            "held out"
        )
    sets = data.get("evaluations")
    return f"{text}; evaluated on {' and '.join(map(str, sets))}" if sets else text


def _steps(section: Mapping[str, Any]) -> str:
    if section.get("bound") == "clock":
        return "as many steps as the clock allows,"
    return f"{section.get('steps', '?')} steps"


def _join(*parts: object) -> str:
    return ", ".join(str(part) for part in parts if part)
