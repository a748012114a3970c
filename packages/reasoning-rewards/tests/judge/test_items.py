"""Items from cells of data sets, and their weighted mean."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards.errors import RewardError
from reasoning_rewards.judge.items import JudgeItem, read_items, weighted_mean

ITEMS = (JudgeItem("a", "A?", 3), JudgeItem("b", "B?", 1), JudgeItem("trap", "C?", -2))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1, 1, 0), 1.0),
        ((1, 0, 0), 0.75),
        ((1, 1, 1), 0.5),
        ((0, 0, 1), 0.0),
        ((0.5, 0.5, 0), 0.5),
    ],
)
def test_the_weighted_mean(values: tuple[float, ...], expected: float) -> None:
    assert weighted_mean(ITEMS, values) == expected


def test_a_rubric_of_pitfalls_alone_begins_at_one() -> None:
    pitfalls = (JudgeItem("a", "A?", -3), JudgeItem("b", "B?", -1))
    assert [weighted_mean(pitfalls, v) for v in ((0, 0), (1, 0), (1, 1))] == [1.0, 0.25, 0.0]


@given(
    st.lists(
        st.tuples(st.floats(-9, 9).filter(lambda w: abs(w) > 0.01), st.floats(0, 1)), min_size=1
    )
)
def test_the_mean_is_a_share(parts: list[tuple[float, float]]) -> None:
    items = [JudgeItem(f"item {n}", "?", weight) for n, (weight, _) in enumerate(parts)]
    assert 0.0 <= weighted_mean(items, [value for _, value in parts]) <= 1.0


RAR = [
    {"title": "Sepsis bundle!", "description": "Essential Criteria: names it", "weight": 5},
    {"title": "", "description": "Pitfall Criteria: no fluids", "weight": -1},
]


def test_cells_in_the_forms_of_data_sets() -> None:
    expected = (
        JudgeItem("Sepsis bundle", "Essential Criteria: names it", 5),
        JudgeItem("item 2", "Pitfall Criteria: no fluids", -1),
    )
    assert read_items(RAR) == read_items(json.dumps(RAR)) == read_items(tuple(RAR)) == expected
    assert read_items(["Is it short?"]) == (JudgeItem("item 1", "Is it short?"),)
    assert read_items([{"criterion": "Is it short?", "points": 2}])[0].weight == 2
    assert read_items(None) == read_items("") == read_items([]) == ()


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("be nice", "must be a JSON list, not 'be nice'"),
        ('{"a": 1}', "must hold a list"),
        (3, "must hold a list, not 3"),
        ([3], "rubric item 1 must be a text or a mapping, not 3"),
        ([{"title": "a"}], "rubric item 1 has no question"),
        ([{"title": "a", "description": "b", "weight": "high"}], "must be a number other than 0"),
        ([{"title": "a", "description": "b"}] * 2, "two items have the name 'a'"),
    ],
)
def test_other_cells_are_refused(cell: object, message: str) -> None:
    with pytest.raises(RewardError, match=message):
        read_items(cell)
