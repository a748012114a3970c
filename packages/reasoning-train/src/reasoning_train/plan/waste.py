"""What a finished run's data say of its lengths: padding, and rows that were left out."""

from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

from reasoning_train.config import RunConfig
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.run_dir.metric_series import Metrics
from reasoning_train.run_dir.records import mapping, number, parse_object

MUCH, SOME = 0.5, 0.25
"""Shares of padding that are worth a word: in the mean, and at the least."""


def waste(run: Path, metrics: Metrics, config: RunConfig) -> list[str]:
    """One line each, the setting to change first."""
    path = RunDir(run).data / "manifest.json"
    manifest = parse_object(path.read_bytes()) if path.is_file() else None
    return [
        *_padded_completions(metrics, config.data.completion_tokens),
        *_padded_prompts(manifest or {}, config.data.prompt_tokens),
        *_left_out(manifest or {}, config),
    ]


def _padded_completions(metrics: Metrics, limit: int) -> list[str]:
    tokens = [value for _, value in metrics.series("grpo", "completion_tokens")]
    if not tokens or fmean(tokens) > (1 - MUCH) * limit:
        return []
    return [
        f"data.completion_tokens: completions had {fmean(tokens):.0f} tokens in the mean, so "
        f"{1 - fmean(tokens) / limit:.0%} of the {limit} positions were padding"
    ]


def _padded_prompts(manifest: Mapping[str, Any], limit: int) -> list[str]:
    splits = mapping(manifest, "statistics")
    longest = [number(mapping(mapping(splits, s), "prompt_tokens"), "max") for s in splits]
    most = int(max((x for x in longest if x), default=0))
    if not 0 < most <= (1 - SOME) * limit:
        return []
    return [
        f"data.prompt_tokens: no prompt has more than {most} tokens, rows have room for {limit}"
    ]


def _left_out(manifest: Mapping[str, Any], config: RunConfig) -> list[str]:
    rejected = mapping(manifest, "rejected")
    limits = {
        "prompt_too_long": ("data.prompt_tokens", config.data.prompt_tokens),
        "completion_too_long": ("data.completion_tokens", config.data.completion_tokens),
    }
    return [
        f"{setting}: {count:,.0f} problems were left out, longer than {limit} tokens"
        for reason, (setting, limit) in limits.items()
        if (count := number(rejected, reason))
    ]
