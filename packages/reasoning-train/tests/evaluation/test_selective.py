import itertools
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_train.evaluation.selective import accuracy_at, aurc

FORECASTS = st.lists(
    st.tuples(st.sampled_from([0.1, 0.5, 0.9]), st.booleans()), min_size=1, max_size=6
)


def by_hand(forecasts: list[tuple[float, bool]]) -> tuple[list[float], float]:
    """Risks at k = 1 … n, averaged over every order that the confidences allow."""
    risks = [
        [fmean(not right for _, right in order[: k + 1]) for k in range(len(order))]
        for order in itertools.permutations(forecasts)
        if all(a[0] >= b[0] for a, b in itertools.pairwise(order))
    ]
    means = [fmean(row) for row in zip(*risks, strict=True)]
    return means, fmean(means)


@given(FORECASTS)
def test_ties_count_as_the_mean_over_their_orders(forecasts: list[tuple[float, bool]]) -> None:
    confidences, right = ([f[i] for f in forecasts] for i in (0, 1))
    risks, area = by_hand(forecasts)
    assert aurc(confidences, right) == pytest.approx(area)
    assert accuracy_at(1.0, confidences, right) == pytest.approx(1 - risks[-1])
    first = accuracy_at(0.01, confidences, right)
    assert first == pytest.approx(1 - risks[0])


def test_the_surest_four_of_five() -> None:
    stated, right = [0.9, 0.8, 0.7, 0.6, 0.1], [True, True, False, True, False]
    assert accuracy_at(0.8, stated, right) == 0.75
    assert aurc(stated, right) == pytest.approx(fmean([0, 0, 1 / 3, 1 / 4, 2 / 5]))
