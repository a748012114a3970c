"""From predictions to the figures of `evaluation/<name>.json`: shares and means, each with n."""

from collections.abc import Callable, Sequence
from statistics import fmean, median
from typing import Any

import numpy as np

from reasoning_rewards import (
    TraceStatus,
    final_answer,
    parse,
    same_answer,
)
from reasoning_train.evaluation.confidence_figures import confidence_figures
from reasoning_train.evaluation.pass_at_k import ks, majority, pass_at_k
from reasoning_train.evaluation.prediction import Prediction, Sample
from reasoning_train.evaluation.scorers import lm_eval_flexible, lm_eval_strict
from reasoning_train.evaluation.statistics import Interval, bounded_mean_interval, wilson


def summarise(
    predictions: list[Prediction],
    *,
    model: str,
    seed: int | None,
    validation: Sequence[Prediction] = (),
    **more: object,
) -> dict[str, Any]:
    """What `evaluation/<name>.json` holds.

    `accuracy` is strict, `accuracy_lenient` takes the final answer anywhere: a gain in the first
    alone is one of format. What concerns stated confidences (`ece`, `brier`, `auroc`, `aurc`,
    `accuracy_at_80`) is over the predictions that state one, and null where none does; `stated` is
    their share, `commonest_stated` the share of them that the most frequent value has. `post_hoc`
    has calibration after an isotonic map, and the map. Where a
    model was sampled, greedy figures stay and `pass_at_k` and `maj_at_k` come along, strict and
    `_lenient`. `unscored` counts predictions of which a part of the reward could not be had.

    Args:
        predictions: At least one.
        model: Its name.
        seed: Of the run that trained it; None where that is not known.
        validation: By the same model on validation problems; the post-hoc map is fitted on them.
        more: Further keys to write as they are.
    """
    n = len(predictions)
    shares = {
        "accuracy": [p.correct for p in predictions],
        "accuracy_lenient": [p.correct_lenient for p in predictions],
        "well_formed": [p.status == TraceStatus.WELL_FORMED.value for p in predictions],
    }
    scorers = {
        "lm_eval_strict": [lm_eval_strict(p.completion, p.gold) for p in predictions],
        "lm_eval_flexible": [lm_eval_flexible(p.completion, p.gold) for p in predictions],
    }
    totals = [p.total for p in predictions]
    sampled, sampled_ci95 = _sampled(predictions)
    confidences, confidences_ci95 = confidence_figures(predictions, validation)
    return {
        "model": model,
        "decoding": "greedy",
        "seed": seed,
        "n": n,
        **{name: sum(values) / n for name, values in shares.items()},
        "mean_reward": sum(totals) / n,
        **confidences,
        "cut": sum(not p.finished for p in predictions) / n,
        "unscored": sum(bool(p.error) for p in predictions),
        "components": {
            name: fmean(getattr(p, name) for p in predictions)
            for name in ("correctness", "structure", "confidence")
        },
        "completion_tokens": _lengths(predictions),
        "scorers": {name: sum(values) / n for name, values in scorers.items()},
        "independent": _independent(predictions),
        **sampled,
        **more,
        "ci95": {
            **{k: _pair(wilson(sum(v), n)) for k, v in (shares | scorers).items()},
            "mean_reward": _pair(bounded_mean_interval(totals)),
            **confidences_ci95,
            **sampled_ci95,
        },
    }


def _pair(interval: Interval) -> list[float]:
    return [interval.low, interval.high]


def _lengths(predictions: list[Prediction]) -> dict[str, float] | None:
    lengths = [p.completion_tokens for p in predictions if p.completion_tokens is not None]
    if not lengths:
        return None
    return {
        "mean": fmean(lengths),
        "median": float(median(lengths)),
        "p95": float(np.percentile(lengths, 95)),
    }


def _independent(predictions: list[Prediction]) -> dict[str, float] | None:
    """Shares: right, of one mind with the reward, rewarded but wrong, right but not rewarded."""
    pairs = [
        (p.correctness >= 0.5, p.independent_correct)
        for p in predictions
        if p.independent_correct is not None
    ]
    if not pairs:
        return None
    return {
        "accuracy": fmean(right for _, right in pairs),
        "agreement": fmean(rewarded == right for rewarded, right in pairs),
        "rewarded_wrong": fmean(rewarded and not right for rewarded, right in pairs),
        "unrewarded_right": fmean(right and not rewarded for rewarded, right in pairs),
    }


def _strict_answer(completion: str) -> str | None:
    trace = parse(completion)
    return trace.answer if trace.well_formed else None


def _sampled(predictions: list[Prediction]) -> tuple[dict[str, Any], dict[str, list[float]]]:
    """pass@k and maj@k with intervals over the problems; empty where nothing was sampled."""
    count = min(len(p.samples) for p in predictions)
    if not count:
        return {}, {}
    figures: dict[str, Any] = {"samples": count}
    ci95: dict[str, list[float]] = {}
    readings: tuple[tuple[str, Callable[[Sample], bool], Callable[[str], str | None]], ...] = (
        ("", lambda s: s.correct, _strict_answer),
        ("_lenient", lambda s: s.correct_lenient, final_answer),
    )
    for suffix, right, answer in readings:
        passes: dict[str, Sequence[float]] = {
            str(k): [pass_at_k(len(p.samples), sum(map(right, p.samples)), k) for p in predictions]
            for k in ks(count)
        }
        votes = [
            majority([answer(s.completion) for s in p.samples[:count]], p.gold, same_answer)
            for p in predictions
        ]
        figures[f"pass_at_k{suffix}"] = {k: fmean(v) for k, v in passes.items()}
        figures[f"maj_at_k{suffix}"] = {str(count): fmean(votes)}
        ci95 |= {f"pass_at_{k}{suffix}": _pair(bounded_mean_interval(v)) for k, v in passes.items()}
        ci95[f"maj_at_{count}{suffix}"] = _pair(bounded_mean_interval(votes))
    return figures, ci95
