from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards.equations.finding import find_equations


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        ("6 * 7 = 42", [True]),
        ("6*7=42. 42-2=40.", [True, True]),
        ("6*7=42.42-2=40.", [True, True]),
        ("12+7=19,19-5=14", [True, True]),
        ("16 - 3 - 4 = 9 duck eggs", [True]),
        ("She makes 9 * $2 = $18 a day", [True]),
        ("80,000*1.5=120,000", [True]),
        ("12 eggs * 3 = 36 eggs", [True]),
        ("24 * 3 amounts to 72", [True]),
        ("24 * 3 works out to 70", [False]),
        ("24 + 3 adds up to 28", [False]),
        ("24 * 3 equals to 70", [False]),
        ("24 * 3 results in $70", [False]),
        ("24 * 3 comes out to about 72", [True]),
        ("5 choose 2 is 9", [False]),
        ("60 students x 2/3 = 40 students", [True]),
        ("5 x 6 = 30", [True]),
        ("6 \u00d7 7 = 42", [True]),
        ("84 \u00f7 2 = 42", [True]),
        ("(3+4)*2 = 14", [True]),
        ("13(2)=26", [True]),
        ("20% of 50 = 10", [True]),
        ("5/25 = 20%", [True]),
        ("10/3 = 3.33", [True]),
        ("10/3 = 3.34", [False]),
        ("10/3 = 3", [False]),
        ("1 1/2 + 1 = 2.5", [True]),
        ("2^3 = 8", [True]),
        ("2 + 3 = 4 + 1 = 5", [True, True]),
        ("6 * 7 = 43", [False]),
        ("13 + 1 = 99", [False]),
        ("x = 4", []),
        ("2x + 3 = 11", []),
        ("100 + 100x = 120", []),
        ("y2 + 3 = 5", []),
        ("42 = 42", []),
        ("5 / 0 = 1", [False]),
        ("((((9^64)^64)^64)^64) = 1", []),
        ("6*4 = 24\u0664", [True]),  # an Arabic digit is no part of the number
        ("6*4=24" + " " * 300 + "7*7=49", [True, True]),
        ("4/5 * 20 hats = 16 hats", [True]),
        ("25% of 80 = 20 and 0.5 x 5 = $2.50", [True, True]),
        ("1/2 * 1/2 = 1/4", [True]),
        ("-3 * 2 = -6", [True]),
        ("8 - (2 + 1) = 4", [False]),
        ("1,000 + 1,5 = 1,005", []),
        ("no numbers here", []),
        ("===", []),
    ],
)
def test_equations_of_a_text(text: str, verdicts: list[bool]) -> None:
    assert [equation.true for equation in find_equations(text)] == verdicts


@pytest.mark.parametrize("text", ["42 + 0 = 42", "42 * 1 = 42", "0 * 5 = 0", "42 - 0 = 42"])
def test_trivial_equations_are_marked(text: str) -> None:
    assert [equation.trivial for equation in find_equations(text)] == [True]


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.sampled_from("+-*/"))
def test_truth_is_exact(left: int, right: int, operator: str) -> None:
    exact = {
        "+": Fraction(left + right),
        "-": Fraction(left - right),
        "*": Fraction(left * right),
        "/": Fraction(left, right),
    }[operator]
    if exact.denominator != 1:
        return
    assert [e.true for e in find_equations(f"{left} {operator} {right} = {exact}")] == [True]
    assert [e.true for e in find_equations(f"{left} {operator} {right} = {exact + 1}")] == [False]


@given(st.text(alphabet="0123456789+-*/=()., $%x^\nab", max_size=200))
def test_any_text_is_read(text: str) -> None:
    for equation in find_equations(text):
        assert isinstance(equation.true, bool)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2 pens * $2.50 = $5", [((2, Fraction(5, 2)), 5, True)]),
        ("8 hours x 60 minutes/hour - 30 minutes = 450 minutes", [((8, 60, 30), 450, True)]),
        ("7 pens / 2 = 3 pens", [((7, 2), 3, False)]),
        ("30 pens * 50% = 15 pens", [((30, Fraction(1, 2)), 15, True)]),
        ("2.5 pens / 2 = 1.3 pens", [((Fraction(5, 2), 2), Fraction(13, 10), True)]),
        ("5 pens / 0 = 5 pens", [((5, 0), 5, False)]),
        ("3 parts / 4 = 15 pens", []),
        ("1,00 pens + 2 pens = 102 pens", []),
        ("$12/day / 6 hours/day = $2/hour", [((12, 6), 2, True)]),
        ("$15/day - $3/day = $11/day", [((15, 3), 11, False)]),
        ("93 (average) * 5 (tests) = 465", [((93, 5), 465, True)]),
        ("$240 (house and food) + $9 (phone) = $249", [((240, 9), 249, True)]),
        ("(12 mph + 10 mph) / 2 = 11 mph", [((12, 10, 2), 11, True)]),
        ("200 m + 200 m = 400 m", [((200, 200), 400, True)]),
        ("2 * 50g = 110g", [((2, 50), 110, False)]),
        ("$400 000 - $282 000 = $118 000", [((400000, 282000), 118000, True)]),
        ("600 * 30 = 18 000 watts", [((600, 30), 18000, True)]),
        ("8 ft. * 20 ft. = 160 sq. ft.", [((8, 20), 160, True)]),
        ("21 sq. ft + 24 sq. ft. = 44 sq. ft.", [((21, 24), 44, False)]),
        ("3m + 2 = 11", []),
        ("3 a day x 18.5 = 55.5", [((3, Fraction(37, 2)), Fraction(111, 2), True)]),
        ("17.5 pens each x 2 = 35 pens each = 35", [((Fraction(35, 2), 2), 35, True)]),
        ("She spent $- 30/2=$15", [((30, 2), 15, False)]),
        ("the total = 8", []),
    ],
)
def test_computations_with_units(
    text: str, said: list[tuple[tuple[Fraction | int, ...], Fraction | int, bool]]
) -> None:
    assert [(e.operands, e.value, e.true) for e in find_equations(text)] == said
