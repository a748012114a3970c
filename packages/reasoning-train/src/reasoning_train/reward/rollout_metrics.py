"""What the metrics of a step say of its rollouts."""

from collections.abc import Mapping, Sequence

import numpy as np

from reasoning_rewards import Score, TraceStatus, Weights, calibration_report
from reasoning_train.engine.grpo import Rollouts
from reasoning_train.reward.stated import stated_confidence

COMPONENTS = ("correctness", "structure", "confidence")


def summarise_rollouts(
    rollouts: Rollouts,
    scores: Sequence[Score],
    totals: Sequence[float],
    generations: int,
    weights: Weights,
    extra: Mapping[str, tuple[float, Sequence[float | None]]],
) -> dict[str, float]:
    """Means over the rollouts of a step, a group's rows next to each other.

    `advantage/<component>` is the mean size of that component's part of the centred rewards: which
    component the policy is being pushed by. `zero_variance_share` counts groups that push nowhere.
    `calibration/…` are of the confidence that completions state, against their being right;
    `calibration/share` says how many state one, and without any the others are left out; `auroc`
    also where all of them are right or all are wrong.

    Args:
        rollouts: The step's.
        scores: Of each row.
        totals: The rewards that training got, `extra` included.
        generations: Rows of a group.
        weights: Of the components at this step.
        extra: Functions of the user's by name: weight, and value of each row, None without one.
    """
    parts = {
        name: (getattr(weights, name), [float(getattr(score, name)) for score in scores])
        for name in COMPONENTS
    }
    parts |= {
        name: (weight, _with_group_means(found, generations))
        for name, (weight, found) in extra.items()
    }
    values = {"reward/total": float(np.mean(totals))}
    for name, (weight, part) in parts.items():
        values[f"reward/{name}"] = float(np.mean(part))
        values[f"advantage/{name}"] = float(np.abs(weight * _centred(part, generations)).mean())
    spread = _by_group(totals, generations).std(axis=1)
    right = [score.correctness >= 0.5 for score in scores]
    return {
        **values,
        "zero_variance_share": float(np.mean(spread < 1e-9)),
        "well_formed": float(np.mean([s.status is TraceStatus.WELL_FORMED for s in scores])),
        **_calibration([stated_confidence(text) for text in rollouts.completions], right),
        "cut_share": 1.0 - float(np.mean(rollouts.finished)),
        "completion_tokens": float(np.mean(rollouts.tokens)),
        "completion_tokens_max": float(np.max(rollouts.tokens)),
        "tokens": float(np.sum(rollouts.tokens) + np.sum(rollouts.prompt_tokens)),
    }


def _calibration(stated: Sequence[float | None], right: Sequence[bool]) -> dict[str, float]:
    held = [(c, ok) for c, ok in zip(stated, right, strict=True) if c is not None]
    share = {"calibration/share": len(held) / len(stated)}
    if not held:
        return share
    confidences, outcomes = zip(*held, strict=True)
    report = calibration_report(confidences, outcomes)
    return {
        "calibration/ece": report.ece,
        "calibration/brier": report.brier,
        # Where all are right or all are wrong there is nothing to tell apart.
        **({"calibration/auroc": report.auroc} if 0 < sum(outcomes) < len(outcomes) else {}),
        "calibration/stated": report.mean_confidence,
        **share,
    }


def _by_group(values: Sequence[float], generations: int) -> np.ndarray:
    return np.array(values, dtype=np.float64).reshape(-1, generations)


def _centred(values: Sequence[float], generations: int) -> np.ndarray:
    groups = _by_group(values, generations)
    centred: np.ndarray = groups - groups.mean(axis=1, keepdims=True)
    return centred


def _with_group_means(values: Sequence[float | None], generations: int) -> list[float]:
    """Rows without a value have the mean of their group, which pushes them nowhere."""
    filled: list[float] = []
    for start in range(0, len(values), generations):
        group = values[start : start + generations]
        known = [x for x in group if x is not None]
        mean = float(np.mean(known)) if known else 0.0
        filled += [mean if x is None else x for x in group]
    return filled
