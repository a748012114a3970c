"""Exact arithmetic for comparing answers: `Fraction` where possible, else 50-digit `Decimal`.

Floats never take part: `9007199254740993` and `9007199254740992` are the same float.
"""

import decimal
from decimal import Decimal
from fractions import Fraction
from typing import Final

Value = Fraction | Decimal

MAX_BITS: Final = 20_000
_CONTEXT: Final = decimal.Context(
    prec=50,
    Emax=100_000,
    Emin=-100_000,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)
# Two irrational values count as equal when they agree to 40 of the 50 digits.
_EPSILON: Final = Decimal("1e-40")
# More digits than the context has, so that reducing an angle loses none.
PI: Final = Decimal("3.14159265358979323846264338327950288419716939937510582097494")
E: Final = Decimal("2.71828182845904523536028747135266249775724709369995957496697")


class UndefinedValueError(ArithmeticError):
    """No real value, or none that can be computed within the caps."""


def equal(left: Value, right: Value) -> bool:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left == right
    a, b = to_decimal(left), to_decimal(right)
    scale = max(abs(a), abs(b), Decimal(1))
    return abs(_CONTEXT.subtract(a, b)) <= _CONTEXT.multiply(_EPSILON, scale)


def to_decimal(value: Value) -> Decimal:
    if isinstance(value, Decimal):
        return value
    return _CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))


def add(left: Value, right: Value) -> Value:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return _bounded(left + right)
    return _CONTEXT.add(to_decimal(left), to_decimal(right))


def negate(value: Value) -> Value:
    return -value if isinstance(value, Fraction) else _CONTEXT.minus(value)


def multiply(left: Value, right: Value) -> Value:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return _bounded(left * right)
    return _CONTEXT.multiply(to_decimal(left), to_decimal(right))


def divide(left: Value, right: Value) -> Value:
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        if right == 0:
            raise UndefinedValueError("division by zero")
        return _bounded(left / right)
    if abs(to_decimal(right)) <= _EPSILON:
        raise UndefinedValueError("division by zero")
    return _CONTEXT.divide(to_decimal(left), to_decimal(right))


def power(base: Value, exponent: Value) -> Value:
    if isinstance(exponent, Fraction) and exponent.denominator == 1:
        return _integer_power(base, exponent.numerator)
    if isinstance(exponent, Fraction) and exponent.denominator <= 12:
        return _integer_power(root(base, exponent.denominator), exponent.numerator)
    if to_decimal(base) <= 0:
        raise UndefinedValueError("real power of a number that is not positive")
    return _CONTEXT.power(to_decimal(base), to_decimal(exponent))


def _integer_power(base: Value, exponent: int) -> Value:
    if isinstance(base, Fraction):
        if base == 0 and exponent <= 0:
            raise UndefinedValueError("zero to a power that is not positive")
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if bits * abs(exponent) > MAX_BITS:
            raise UndefinedValueError("power too large")
        return base**exponent
    if abs(exponent) > MAX_BITS:
        raise UndefinedValueError("power too large")
    return _CONTEXT.power(base, exponent)


def root(value: Value, order: int) -> Value:
    """The real root; exact where the radicand is a perfect power."""
    if order == 1:
        return value
    if not 2 <= order <= 12:
        raise UndefinedValueError("root of an unusual order")
    if to_decimal(value) < 0:
        if order % 2 == 0:
            raise UndefinedValueError("even root of a negative number")
        return negate(root(negate(value), order))
    if value == 0:
        return Fraction(0)
    if isinstance(value, Fraction):
        top = _exact_root(value.numerator, order)
        bottom = _exact_root(value.denominator, order)
        if top is not None and bottom is not None:
            return Fraction(top, bottom)
    if order == 2:
        return _CONTEXT.sqrt(to_decimal(value))
    return _CONTEXT.power(to_decimal(value), _CONTEXT.divide(Decimal(1), Decimal(order)))


def _exact_root(number: int, order: int) -> int | None:
    if number.bit_length() > 2_000:
        return None
    guess = 1 << -(-number.bit_length() // order)
    while True:  # Newton's method from above, on integers
        better = ((order - 1) * guess + number // guess ** (order - 1)) // order
        if better >= guess:
            break
        guess = better
    return guess if guess**order == number else None


def factorial(value: Value) -> Value:
    if not isinstance(value, Fraction) or value.denominator != 1 or not 0 <= value <= 500:
        raise UndefinedValueError("factorial of this value")
    result = 1
    for factor in range(2, value.numerator + 1):
        result *= factor
    return Fraction(result)


def natural_log(value: Value) -> Value:
    if to_decimal(value) <= 0:
        raise UndefinedValueError("logarithm of a number that is not positive")
    return Fraction(0) if value == 1 else _CONTEXT.ln(to_decimal(value))


def exponential(value: Value) -> Value:
    if abs(to_decimal(value)) > 1_000:
        raise UndefinedValueError("exponential of a large number")
    return Fraction(1) if value == 0 else _CONTEXT.exp(to_decimal(value))


def sine(value: Value) -> Value:
    return _taylor(value, 1)


def cosine(value: Value) -> Value:
    return _taylor(value, 0)


def _taylor(value: Value, first: int) -> Value:
    """sin (first = 1) or cos (first = 0) by its series, after reduction to [-π, π]."""
    x = to_decimal(value)
    if abs(x) > 1_000_000:
        raise UndefinedValueError("trigonometric function of a large number")
    full_turn = _CONTEXT.multiply(Decimal(2), PI)
    turns = _CONTEXT.divide(x, full_turn).to_integral_value()
    x = _CONTEXT.subtract(x, _CONTEXT.multiply(turns, full_turn))
    term = x if first else Decimal(1)
    total = Decimal(0)
    square = _CONTEXT.multiply(x, x)
    order = first
    while abs(term) > Decimal("1e-55"):
        total = _CONTEXT.add(total, term)
        order += 2
        term = _CONTEXT.divide(
            _CONTEXT.multiply(_CONTEXT.minus(term), square), Decimal(order * (order - 1))
        )
    return total


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise UndefinedValueError("number too large")
    return value
