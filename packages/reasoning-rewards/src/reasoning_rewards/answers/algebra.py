"""Comparing expressions by exact substitution at rational sample points.

A non-zero rational expression vanishes on few points (Schwartz-Zippel lemma), so that two
expressions that agree at all of them are taken as equal.
"""

import zlib
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from reasoning_rewards.answers import values
from reasoning_rewards.answers.expression import Node, Operation
from reasoning_rewards.answers.values import UndefinedValueError, Value

POINTS: Final = 4

_UNARY: Final[Mapping[str, Callable[[Value], Value]]] = {
    "sqrt": lambda x: values.root(x, 2),
    "sin": values.sine,
    "cos": values.cosine,
    "tan": lambda x: values.divide(values.sine(x), values.cosine(x)),
    "cot": lambda x: values.divide(values.cosine(x), values.sine(x)),
    "sec": lambda x: values.divide(Fraction(1), values.cosine(x)),
    "csc": lambda x: values.divide(Fraction(1), values.sine(x)),
    "ln": values.natural_log,
    "log": values.natural_log,
    "exp": values.exponential,
    "abs": lambda x: x if values.to_decimal(x) >= 0 else values.negate(x),
    "factorial": values.factorial,
    "floor": lambda x: Fraction(int(values.to_decimal(x) // 1)),
    "ceil": lambda x: Fraction(-int(values.to_decimal(values.negate(x)) // 1)),
}


def evaluate(node: Node, point: Mapping[str, Value]) -> Value:
    """The value at a point.

    Raises:
        UndefinedValueError: no real value there (a pole, an even root of a negative number), or one
            beyond the caps.
    """
    try:
        return _evaluate(node, point)
    except UndefinedValueError:
        raise
    except ArithmeticError as error:  # decimal's overflow and invalid operations
        raise UndefinedValueError(str(error)) from None


def _evaluate(node: Node, point: Mapping[str, Value]) -> Value:
    match node.operation:
        case Operation.NUMBER | Operation.MIXED:
            return node.value
        case Operation.NAME:
            if node.name == "pi":
                return values.PI
            if node.name == "e" and "e" not in point:
                return values.E
            return point[node.name]
    arguments = [_evaluate(argument, point) for argument in node.arguments]
    match node.operation:
        case Operation.ADD:
            return values.add(arguments[0], arguments[1])
        case Operation.NEGATE:
            return values.negate(arguments[0])
        case Operation.MULTIPLY:
            return values.multiply(arguments[0], arguments[1])
        case Operation.DIVIDE:
            return values.divide(arguments[0], arguments[1])
        case Operation.POWER:
            return values.power(arguments[0], arguments[1])
        case _:
            return _call_function(node.name, arguments)


def _call_function(name: str, arguments: list[Value]) -> Value:
    if name == "root" and len(arguments) == 2:
        order = arguments[0]
        if not isinstance(order, Fraction) or order.denominator != 1:
            raise UndefinedValueError("root of an order that is no integer")
        return values.root(arguments[1], order.numerator)
    if name == "binom" and len(arguments) == 2:
        n, k = arguments
        below = values.multiply(
            values.factorial(k), values.factorial(values.add(n, values.negate(k)))
        )
        return values.divide(values.factorial(n), below)
    if name in _UNARY and len(arguments) == 1:
        return _UNARY[name](arguments[0])
    raise UndefinedValueError(f"{name} of {len(arguments)} arguments")


def sample_points(names: frozenset[str]) -> list[dict[str, Value]]:
    """Rational points that depend on the names alone: two positive ones, two of mixed signs."""
    points: list[dict[str, Value]] = []
    for number in range(POINTS):
        point: dict[str, Value] = {}
        for index, name in enumerate(sorted(names)):
            seed = zlib.crc32(f"{name}/{number}".encode())
            size = Fraction(seed % 89 + 11, (seed >> 8) % 13 + 17)
            point[name] = -size if number >= 2 and (index + number) % 2 == 0 else size
        points.append(point)
    return points


def same_expression(left: Node, right: Node) -> bool | None:
    """Whether the two agree at all sample points; `None` when that says too little.

    Too little is no point where both have a value, or a point where only one has (ln x² and 2 ln x
    are equal for positive x alone).
    """
    compared = 0
    mismatched = False
    for point in sample_points(left.names() | right.names()):
        values_found: list[Value] = []
        for node in (left, right):
            try:
                values_found.append(evaluate(node, point))
            except UndefinedValueError:
                continue
        mismatched |= len(values_found) == 1
        if len(values_found) == 2:
            if not values.equal(values_found[0], values_found[1]):
                return False
            compared += 1
        if not point:
            break
    return None if mismatched or not compared else True


def proportional(left: Node, right: Node) -> bool:
    """Whether `left = 0` and `right = 0` say the same: one is a constant multiple of the other."""
    ratio: Value | None = None
    for point in sample_points(left.names() | right.names()):
        try:
            a, b = evaluate(left, point), evaluate(right, point)
            current = values.divide(a, b)
        except UndefinedValueError:
            return False
        if ratio is not None and not values.equal(ratio, current):
            return False
        ratio = current
    return ratio is not None and ratio != 0
