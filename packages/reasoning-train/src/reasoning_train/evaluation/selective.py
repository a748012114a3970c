"""How well stated confidences tell which answers to keep: risk and coverage.

The k most confident answers are kept and the others withheld (Geifman & El-Yaniv 2017, "Selective
Classification for Deep Neural Networks"). Answers of equal confidence have no order, so every
figure is the expectation over all orders of them.
"""

from collections.abc import Sequence

import numpy as np


def aurc(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """The area under the risk–coverage curve: the mean share of errors among the k most confident
    answers, over k = 1 … n. 0 where nothing is wrong; less is better.
    """
    kept = _right_among_most_confident(confidences, right)
    return float(np.mean(1.0 - kept / np.arange(1, len(kept) + 1)))


def accuracy_at(coverage: float, confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Accuracy of the most confident `coverage` of the answers, at least one of them."""
    kept = _right_among_most_confident(confidences, right)
    count = max(1, round(coverage * len(kept)))
    return float(kept[count - 1] / count)


def _right_among_most_confident(confidences: Sequence[float], right: Sequence[bool]) -> np.ndarray:
    """Expected right answers among the k most confident ones, for k = 1 … n."""
    values, outcomes = np.asarray(confidences, float), np.asarray(right, float)
    _, place = np.unique(-values, return_inverse=True)
    mean = np.bincount(place, outcomes) / np.bincount(place)
    expected: np.ndarray = np.cumsum(mean[np.sort(place)])
    return expected
