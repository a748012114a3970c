from fractions import Fraction

import pytest

from reasoning_rewards.equations.arithmetic import read_side
from reasoning_rewards.equations.checking import checked, is_share, is_trivial


@pytest.mark.parametrize(
    ("left", "right", "roughly", "true"),
    [
        ("6 * 7", "42", False, True),
        ("6 * 7", "43", False, False),
        ("43", "6 * 7 + 1", False, True),
        ("10 / 3", "3.33", False, True),
        ("10 / 3", "3.34", False, False),
        ("5 / 8", "0.62", False, True),  # cut off
        ("30% * 50%", "15%", False, True),
        ("3 / 4", "75", False, False),
        ("3 / 4", "75%", False, True),
        ("24 * 3", "70", True, True),
        ("24 * 3", "70", False, False),
        ("24 * 3", "90", True, False),
        ("2 * 50", "101", True, False),
        ("2 * 50", "100 + 1", True, True),
    ],
)
def test_an_equation_holds(left: str, right: str, roughly: bool, true: bool) -> None:
    sides = read_side(left), read_side(right)
    assert sides[0] is not None
    assert sides[1] is not None
    equation = checked(f"{left}={right}", sides[0], sides[1], roughly=roughly)
    assert equation.true is true
    assert equation.value == sides[1].value


@pytest.mark.parametrize(
    ("left", "right", "share"),
    [("3/4", "15", True), ("3/4", "0.75", False), ("15/4", "3", False), ("3/4", "1 * 15", False)],
)
def test_what_a_fraction_comes_to_is_a_share(left: str, right: str, share: bool) -> None:
    sides = read_side(left), read_side(right)
    assert sides[0] is not None
    assert sides[1] is not None
    assert is_share(sides[0], sides[1]) is share


@pytest.mark.parametrize(
    ("operator", "operands", "trivial"),
    [
        ("+", (42, 0), True),
        ("+", (0, 42), True),
        ("-", (42, 0), True),
        ("-", (0, 42), False),
        ("*", (1, 42), True),
        ("/", (42, 1), True),
        ("/", (1, 42), False),
        ("*", (0, 42), True),
        ("*", (2, Fraction(1, 2)), False),
        ("++", (42, 0, 0), False),
    ],
)
def test_what_changes_nothing_is_trivial(
    operator: str, operands: tuple[int | Fraction, ...], trivial: bool
) -> None:
    assert is_trivial(operator, operands) is trivial
