"""`reasoning-train evaluate --compare`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from reasoning_train.config import load_config
from reasoning_train.errors import UserError
from reasoning_train.evaluation.comparison import (
    Evaluation,
    Metric,
    compare_evaluations,
    pool_evaluations,
    read_evaluation,
)
from reasoning_train.evaluation.wording import pooled_sentence, sentence
from reasoning_train.run_dir.directory import RunDir


def compare(pair: Sequence[str], runs: Sequence[str], metric_name: str, *, as_json: bool) -> None:
    """Print the paired difference of two files, or of two evaluations in each run and pooled.

    Raises:
        UserError: Something cannot be read, or cannot be compared, with the reason.
    """
    metric = Metric(metric_name)
    before, after = pair
    if runs:
        pairs = [(_in_run(run, before), _in_run(run, after)) for run in runs]
    else:
        pairs = [(read_evaluation(Path(before)), read_evaluation(Path(after)))]
    found = [_one(one, other, metric) for one, other in pairs]
    values: dict[str, Any] = {"metric": metric.value, "comparisons": found}
    sentences = [entry["sentence"] for entry in found]
    if len(pairs) > 1:
        _check_settings(runs)
        pooled = pool_evaluations(pairs, metric)
        text = pooled_sentence(before, after, pooled, points=metric is not Metric.REWARD)
        values["pooled"] = {**asdict(pooled), "sentence": text}
        sentences.append(text)
    if as_json:
        print(json.dumps(values, indent=1, ensure_ascii=False))
        return
    console = Console()
    for line in sentences:
        console.print(line, highlight=False, soft_wrap=True)


def _in_run(run: str, name: str) -> Evaluation:
    if not (Path(run) / "evaluation").is_dir():
        raise UserError(f"{run!r} holds no evaluation; with --compare, targets are run directories")
    return read_evaluation(Path(run) / "evaluation" / f"{name.removesuffix('.json')}.json")


def _check_settings(runs: Sequence[str]) -> None:
    """Runs that are pooled differ in their seed and, at most, in the time they were given."""
    settings = [load_config(file=RunDir(Path(run)).config).model_dump() for run in runs]
    for run, values in zip(runs, settings, strict=True):
        differing = [
            key
            for key in values
            if key not in ("seed", "budget") and values[key] != settings[0][key]
        ]
        if differing:
            raise UserError(
                f"{runs[0]!r} and {run!r} differ in their settings of {', '.join(differing)}; only "
                "runs that differ in nothing but the seed are pooled"
            )


def _one(before: Evaluation, after: Evaluation, metric: Metric) -> dict[str, Any]:
    difference = compare_evaluations(before, after, metric)
    one, other = before.name, after.name
    if one == other:
        one, other = (f"{e.path.resolve().parent.parent.name}/{e.name}" for e in (before, after))
    return {
        "before": str(before.path),
        "after": str(after.path),
        "seeds": [before.seed, after.seed],
        **asdict(difference),
        "sentence": sentence(one, other, difference, before.seed, after.seed),
    }
