"""Figures of the confidences that completions state, raw and after a post-hoc map.

Everything is over the predictions that state one and their strict outcome.
"""

from collections.abc import Sequence
from typing import Any

from reasoning_rewards import calibration_report
from reasoning_train.evaluation.auroc import auroc, auroc_interval
from reasoning_train.evaluation.post_hoc import post_hoc
from reasoning_train.evaluation.prediction import Prediction
from reasoning_train.evaluation.selective import accuracy_at, aurc
from reasoning_train.evaluation.statistics import Interval, bounded_mean_interval, wilson

COVERAGE = 0.8
FIGURES = ("auroc", "aurc", "accuracy_at_80", "ece", "brier")


def stated_confidences(predictions: Sequence[Prediction]) -> tuple[list[float], list[bool]]:
    """The stated confidences and whether each answer is right, of those that state one."""
    held = [(c, p.correct) for p in predictions if (c := p.stated_confidence) is not None]
    return [c for c, _ in held], [right for _, right in held]


def confidence_figures(
    predictions: Sequence[Prediction], validation: Sequence[Prediction] = ()
) -> tuple[dict[str, Any], dict[str, list[float]]]:
    """Figures, and their 95 % intervals; the figures are null where nothing is stated.

    Args:
        predictions: At least one.
        validation: Of problems that neither training nor this evaluation uses, by the same model;
            the post-hoc map is fitted on them.
    """
    confidences, right = stated_confidences(predictions)
    stated = {"stated": len(confidences) / len(predictions)}
    if not confidences:
        names = (*FIGURES, "commonest_stated", "post_hoc")
        return {**dict.fromkeys(names), **stated, "reliability": []}, {}
    report = calibration_report(confidences, right)
    held_back = stated_confidences(validation) if validation else None
    after = post_hoc(confidences, right, held_back)
    surest = accuracy_at(COVERAGE, confidences, right)
    kept = max(1, round(COVERAGE * len(right)))
    between = {
        "auroc": auroc_interval(confidences, right),
        "accuracy_at_80": wilson(round(surest * kept), kept),
        "brier": brier_interval(confidences, right),
    }
    return {
        "auroc": auroc(confidences, right),
        "aurc": aurc(confidences, right),
        "accuracy_at_80": surest,
        "ece": report.ece,
        "brier": report.brier,
        "commonest_stated": report.commonest_share,
        **stated,
        "reliability": [
            {
                "low": row.lower,
                "high": row.upper,
                "n": row.count,
                "confidence": row.confidence,
                "accuracy": row.accuracy,
            }
            for row in report.bins
        ],
        "post_hoc": {**after.as_dict(), **_mapped_figures(after.mapped, right)},
    }, {name: [found.low, found.high] for name, found in between.items() if found is not None}


def brier_interval(confidences: Sequence[float], right: Sequence[bool]) -> Interval:
    """A 95 % interval of the Brier score."""
    return bounded_mean_interval(
        [(c - float(ok)) ** 2 for c, ok in zip(confidences, right, strict=True)]
    )


def _mapped_figures(mapped: Sequence[float], right: Sequence[bool]) -> dict[str, Any]:
    """Calibration after the map; its order, and so AUROC and AURC, is that of what was stated.

    Pooled over folds they would come out lower: the maps of two folds differ by what is in them.
    """
    if not mapped:
        return {}
    report, between = calibration_report(mapped, right), brier_interval(mapped, right)
    return {
        "ece": report.ece,
        "brier": report.brier,
        "ci95": {"brier": [between.low, between.high]},
    }
