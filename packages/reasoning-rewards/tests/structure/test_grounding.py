"""The answer hangs together with the question's numbers, or it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards import Rubric, parse, render
from reasoning_rewards.equations.finding import find_equations
from reasoning_rewards.structure.grounding import connection
from reasoning_rewards.structure.quantities import Question

CRATES = (
    "A farm fills 9 crates with 16 melons each and sells 35 melons at the gate. How many are left?"
)
DISCOUNT = "A coat costs $80. Its price falls by 15%. What does it cost now?"
TANK = "A tank holds 120 litres. Tom takes 3/8, his four sons take 6 litres each. What is left?"
SPEED = "What is 30% of 250, plus half of that?"


def connected(reasoning: str, answer: str, prompt: str) -> float | None:
    value = Rubric().score(parse(render(reasoning, answer)), prompt).items["connected"]
    return None if value is None else round(value, 2)


@pytest.mark.parametrize(
    ("reasoning", "answer", "prompt"),
    [
        ("9 * 16 = 144. 144 - 35 = 109.", "109", CRATES),
        ("9 * 16 - 35 = 109.", "109 melons", CRATES),
        ("\\(9 \\times 16 = 144\\), so \\(144 - 35 = \\boxed{109}\\).", "109", CRATES),
        ("9 crates of 16 melons hold 144.\nWithout 35 that is 144 - 35 = 109.", "109", CRATES),
        ("9 crates of 16 melons hold 144 melons.\nTaking 35 from 144 leaves 109.", "109", CRATES),
        ("80 * 0.15 = 12. 80 - 12 = 68.", "$68", DISCOUNT),
        ("80 * 0.85 = 68.", "68", DISCOUNT),
        ("15% of 80 = 12. 80 - 12 = 68.", "68", DISCOUNT),
        ("120 * 3/8 = 45. 4 * 6 = 24. 120 - 45 - 24 = 51.", "51", TANK),
        ("120 / 8 = 15. 15 * 5 = 75 stay. 4 * 6 = 24. 75 - 24 = 51.", "51", TANK),
        ("0.3 * 250 = 75. 75 / 2 = 37.5. 75 + 37.5 = 112.5.", "112.5", SPEED),
        ("Let m be the melons. m + 35 = 9 * 16 = 144, so m = 144 - 35 = 109.", "109", CRATES),
    ],
)  # fmt: skip
def test_work_on_the_question_is_connected(reasoning: str, answer: str, prompt: str) -> None:
    value = connected(reasoning, answer, prompt)
    assert value is not None
    assert value >= 0.6


FILM = "A film lasts 2.5 hours and starts 45 minutes late. After how many minutes is it over?"
CAMP = "A camp of 3 weeks costs $40 a day. What does it cost?"
COINS = "Ben has 6 nickels and 3 quarters. How many cents are that?"
HOURS = "Each of 90 rooms takes 20 minutes to clean. How many hours do half of them take?"
VANS = "23 children go by van. A van takes 6 children. How many vans are needed?"


@pytest.mark.parametrize(
    ("reasoning", "answer", "prompt"),
    [
        ("2.5 hours are 150 minutes. 150 + 45 = 195.", "195", FILM),
        ("3 weeks have 21 days. 21 * 40 = 840.", "840", CAMP),
        ("6 * 5 = 30. 3 * 25 = 75. 30 + 75 = 105.", "105", COINS),
        ("90 * 20 = 1800. 1800 / 2 = 900 minutes. That is 15 hours.", "15", HOURS),
        ("23 / 6 = 3.83, so 4 vans are needed.", "4", VANS),
    ],
)
def test_units_coins_and_rounding_have_a_source(reasoning: str, answer: str, prompt: str) -> None:
    value = connected(reasoning, answer, prompt)
    assert value is not None
    assert value >= 0.5


@pytest.mark.parametrize(
    ("reasoning", "answer", "prompt"),
    [
        ("2.5 + 45 = 47.5. 47.5 + 147.5 = 195.", "195", FILM),
        ("3 * 40 = 120. 120 + 720 = 840.", "840", CAMP),
        ("23 / 6 = 3.83, so 9 vans are needed.", "9", VANS),
        ("90 * 20 = 1800. 1800 / 2 = 900 minutes. That is 17 hours.", "17", HOURS),
    ],
)
def test_a_jump_to_the_answer_has_none(reasoning: str, answer: str, prompt: str) -> None:
    value = connected(reasoning, answer, prompt)
    assert value is not None
    assert value <= 0.3


@pytest.mark.parametrize(
    ("reasoning", "most"),
    [
        ("", 0.0),
        ("It is 109.", 0.0),
        ("2 + 2 = 4. 4 * 5 = 20. 20 + 89 = 109.", 0.0),
        ("100 + 9 = 109.", 0.34),
        ("9 * 16 = 144. 35 + 9 = 44.", 0.0),
        ("9 * 16 = 150. 150 - 41 = 109.", 0.0),
        ("109 * 1 = 109. 109 + 0 = 109.", 0.0),
        ("105 + 1 = 106. 106 + 1 = 107. 107 + 1 = 108. 108 + 1 = 109.", 0.0),
        ("9 * 12 = 108. 108 + 1 = 109.", 0.4),
        ("9 * 16 = 144. 35 + 1 = 36. 16 + 9 = 25. 100 + 9 = 109.", 0.1),
    ],
)
def test_sums_about_nothing_are_not(reasoning: str, most: float) -> None:
    value = connected(reasoning, "109", CRATES)
    assert value is not None
    assert value <= most


@pytest.mark.parametrize(
    ("reasoning", "answer", "prompt"),
    [
        ("9 * 16 = 144. 144 - 35 = 109.", "109", ""),
        ("Melons are fruit and grow on vines.", "fruit", "Are melons fruit or vegetables?"),
        ("91 / 7 = 13, so 91 has divisors.", "no", "Is 91 prime?"),
        ("Adding gives 2x = 12, so x = 6.", "x = 6", "Solve 2x - 5 = 7."),
        ("It is the second.", "(B)", "What is 3 + 4? (A) 6 (B) 7"),
    ],
)
def test_where_there_is_nothing_to_connect_the_item_does_not_apply(
    reasoning: str, answer: str, prompt: str
) -> None:
    assert connected(reasoning, answer, prompt) is None


def test_a_result_that_leads_nowhere_costs() -> None:
    straight = connected("9 * 16 = 144. 144 - 35 = 109.", "109", CRATES)
    detour = connected("9 * 16 = 144. 35 * 2 = 70. 144 - 35 = 109.", "109", CRATES)
    assert straight == 1.0
    assert detour == 0.67


def test_a_range_is_not_better_connected_than_a_number() -> None:
    assert connected("9 * 16 = 144. 144 - 35 = 109.", "between 100 and 110", CRATES) == 0.0


@given(st.integers(11, 500), st.integers(11, 500), st.integers(11, 500))
def test_any_two_steps_from_the_numbers_of_the_question(a: int, b: int, c: int) -> None:
    prompt = f"Ann has {a} boxes with {b} nails each and finds {c} more. How many are that?"
    total = a * b + c
    trace = f"{a} * {b} = {a * b} nails.\n{a * b} + {c} = {total} nails in all."
    score = Rubric().score(parse(render(trace, str(total))), prompt)
    assert score.value == 1.0


@pytest.mark.parametrize(
    ("reasoning", "true"),
    [
        ("3c + c = 48\n4c = 48\nc = 12", True),
        ("x^2 - 5x + 6 = 0\n(x - 2)(x - 3) = 0\nx = 2 or x = 3", True),
        ("n/2 + 5 = 11, n/2 = 6, n = 12", True),
        ("x^2 = 5x + 6\nx = 5 + 6/x\nx = 3", False),
        ("2y = 14, so y = 8", False),
    ],
)
def test_algebra_is_checked_with_its_solution(reasoning: str, true: bool) -> None:
    answer = reasoning.split("=")[-1].strip()
    items = Rubric().score(parse(render(reasoning, answer)), "").items
    arithmetic = items["arithmetic"]
    assert arithmetic is not None
    assert (arithmetic == 1.0) == true


@pytest.mark.parametrize("reasoning", ["2x = 3y, y = 4", "l = 3c and c = 30", "y = 2x + 1"])
def test_algebra_in_more_unknowns_is_left_alone(reasoning: str) -> None:
    items = Rubric().score(parse(render(reasoning, "30")), "").items
    assert items["arithmetic"] == 0.5


RIVERS = "Which river is longer, the Nile or the Rhine?"


def test_equations_are_no_steps_where_the_question_has_no_numbers() -> None:
    rubric = Rubric()
    sums = rubric.score(parse(render("2 + 2 = 4. 5 * 5 = 25. 25 - 4 = 21.", "the Nile")), RIVERS)
    honest = rubric.score(
        parse(
            render(
                "The Nile runs some 6650 km through Africa.\nThe Rhine has only 1230 km, so the "
                "Nile is longer.",
                "the Nile",
            )
        ),
        RIVERS,
    )
    assert (sums.items["steps"], sums.items["arithmetic"]) == (0.0, None)
    assert honest.value >= 0.95
    assert sums.value <= honest.value - 0.5


def test_the_order_of_the_factors_does_not_matter() -> None:
    equations = find_equations("10 * 6 = 60. 2 * 150 = 300.")
    quantities = (frozenset((2,)), frozenset((6,)), frozenset((150,)))
    known = frozenset((2, 6, 150))
    # Equal sets that are iterated in two orders, as those of words are from run to run.
    values = {
        connection(Question(quantities, known, factors, False), [5], equations, ())
        for factors in (frozenset((12, 60)), frozenset((60, 12)))
    }
    assert [round(value, 3) for value in values] == [0.167]
