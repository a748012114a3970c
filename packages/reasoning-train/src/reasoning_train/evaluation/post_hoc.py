"""A map from stated confidences to shares of right answers, fitted after training.

Isotonic regression (Zadrozny & Elkan 2002, "Transforming classifier scores into accurate
multiclass probability estimates"): the non-decreasing step function with the least squared error.
It can mend how high confidences are, not which answers they put first, and costs no training: what
training a model to state its confidence is worth, is worth it over this.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

FEWEST = 30
"""Predictions that a map needs."""
FOLDS = 5
LOWEST, HIGHEST = 0.01, 0.99
"""As the reward clips: a map fitted on finitely many answers knows nothing for certain."""


@dataclass(frozen=True, slots=True)
class ConfidenceMap:
    """A non-decreasing function of the stated confidence, linear between its knots.

    Attributes:
        stated: Knots, ascending `[K]`.
        share: The share of right answers at each knot, non-decreasing `[K]`.
    """

    stated: tuple[float, ...]
    share: tuple[float, ...]

    def __call__(self, stated: float) -> float:
        """The mapped confidence of a stated one."""
        value = float(np.interp(stated, self.stated, self.share))
        return min(max(value, LOWEST), HIGHEST)

    @classmethod
    def fit(cls, confidences: Sequence[float], right: Sequence[bool]) -> Self:
        """Fit the map by isotonic regression; at least one prediction is needed."""
        from sklearn.isotonic import IsotonicRegression  # slow to import

        model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
        model.fit(np.asarray(confidences, float), np.asarray(right, float))
        return cls(tuple(map(float, model.X_thresholds_)), tuple(map(float, model.y_thresholds_)))

    @classmethod
    def read(cls, record: object) -> Self | None:
        """The map in a record of an evaluation or an export; None where there is none."""
        if not isinstance(record, Mapping):
            return None
        stated, share = record.get("stated"), record.get("share")
        if not (isinstance(stated, list) and isinstance(share, list)):
            return None
        numbers = [*stated, *share]
        known = all(isinstance(x, int | float) and 0.0 <= x <= 1.0 for x in numbers)
        if not known or not stated or len(stated) != len(share):
            return None
        return cls(tuple(map(float, stated)), tuple(map(float, share)))


@dataclass(frozen=True, slots=True)
class PostHoc:
    """A map with what it makes of an evaluation's confidences.

    Attributes:
        map: Fitted on all that there is to fit on; None where there was too little.
        mapped: The evaluation's confidences after a map that was not fitted on them `[N]`.
        fitted_on: What the map was fitted on.
        n: How many predictions that were.
        note: What is to be said of it; empty for nothing.
    """

    map: ConfidenceMap | None
    mapped: tuple[float, ...]
    fitted_on: str
    n: int
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """What an evaluation keeps of it, beside the figures of `mapped`."""
        knots = {"stated": list(self.map.stated), "share": list(self.map.share)} if self.map else {}
        return {"method": "isotonic", "fitted_on": self.fitted_on, "n": self.n, "note": self.note,
                **knots}  # fmt: skip


def post_hoc(
    confidences: Sequence[float],
    right: Sequence[bool],
    validation: tuple[Sequence[float], Sequence[bool]] | None = None,
) -> PostHoc:
    """Map an evaluation's confidences without fitting the map on what it is judged by.

    Args:
        confidences: Those that the evaluation's completions state `[N]`.
        right: Whether each is right `[N]`.
        validation: The same of validation problems, to fit on. Without any the evaluation's own are
            used in five folds: each is mapped by a map fitted on the other four.
    """
    if validation is None:
        source, fit_on = "the evaluation's other folds", (confidences, right)
    else:
        source, fit_on = "validation problems", validation
    n = len(fit_on[0])
    if n < FEWEST:
        note = f"{n} predictions state a confidence, too few to fit a map: {FEWEST} are needed"
        return PostHoc(None, (), source, n, note)
    fitted = ConfidenceMap.fit(*fit_on)
    values = len(set(fit_on[0]))
    note = "one value is stated, which the map turns into the accuracy" if values == 1 else ""
    mapped = tuple(map(fitted, confidences)) if validation else _cross_fitted(confidences, right)
    return PostHoc(fitted, mapped, source, n, note)


def _cross_fitted(confidences: Sequence[float], right: Sequence[bool]) -> tuple[float, ...]:
    mapped = [0.0] * len(confidences)
    for fold in range(FOLDS):
        others = [i for i in range(len(confidences)) if i % FOLDS != fold]
        fitted = ConfidenceMap.fit([confidences[i] for i in others], [right[i] for i in others])
        for i in range(fold, len(confidences), FOLDS):
            mapped[i] = fitted(confidences[i])
    return tuple(mapped)
