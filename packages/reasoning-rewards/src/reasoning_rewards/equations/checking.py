"""Whether a stated equality holds: exactly, or as a rounding of what it computes."""

from fractions import Fraction
from typing import Final, NamedTuple

from reasoning_rewards.equations.arithmetic import INEXACT, Number, Side

_HUNDREDTH: Final = Fraction(1, 100)


class Equation(NamedTuple):
    """One stated equality between a computation and a value.

    `operands` are the numbers on the side that computes; `trivial` marks x + 0, x * 1 and the like.
    """

    text: str
    operands: tuple[Number, ...]
    value: Number
    true: bool
    trivial: bool


def checked(written: str, left: Side, right: Side, *, roughly: bool) -> Equation:
    """The equation of two sides, one of which computes; `roughly` where it is stated with `≈`."""
    computing = left if left.operators else right
    operands = computing.operands
    trivial = len(operands) == 2 and is_trivial(computing.operators, operands)
    true = _agree(left, right) or (roughly and _is_rounding(left.value, right))
    return Equation(written, operands, right.value, true, trivial)


def is_share(left: Side, right: Side) -> bool:
    """`3/4 = $15`: what three quarters of something come to, not a false division."""
    return (
        left.operators == "/"
        and not right.operators
        and 0 < left.value < 1
        and not right.decimals
        and isinstance(right.value, int)
    )


def is_trivial(operators: str, operands: tuple[Number, ...]) -> bool:
    """Whether a computation of two numbers changes nothing: x + 0, x * 1, x * 0."""
    if len(operands) != 2 or len(operators) != 1:
        return False
    left, right = operands
    if operators in "+-":
        return right == 0 or (left == 0 and operators == "+")
    return right == 1 or (left == 1 and operators == "*") or 0 in (left, right)


def _agree(left: Side, right: Side) -> bool:
    if left.value == right.value:
        return True
    if left.percent != right.percent and left.value in (
        right.value * 100,
        Fraction(right.value, 100),
    ):
        return True
    if (left.inexact or right.inexact) and _differ_by(left.value, right.value) <= INEXACT:
        return True
    # A stated decimal may be the rounding or the truncation of an exact quotient.
    if right.operators or not right.decimals:
        return False
    exact, stated = Fraction(left.value), Fraction(right.value)
    gap = exact - stated
    last_place = Fraction(1, 10**right.decimals)
    cut_off = abs(exact) - abs(stated)
    return abs(gap) * 2 <= last_place or (0 <= cut_off == abs(gap) < last_place)


def _differ_by(left: Number, right: Number) -> Fraction:
    """The difference as a share of the left value."""
    return abs(Fraction(left) - Fraction(right)) / (abs(Fraction(left)) or 1)


def _is_rounding(value: Number, stated: Side) -> bool:
    """Whether `≈` holds: rounded to the last digit that is written and not a trailing zero."""
    if stated.operators:
        return _differ_by(value, stated.value) <= _HUNDREDTH
    place = Fraction(1, 10**stated.decimals)
    if not stated.decimals and isinstance(stated.value, int) and stated.value:
        while stated.value % (place * 10) == 0:
            place *= 10
    return abs(Fraction(value) - Fraction(stated.value)) * 2 <= place
