"""The quick readers find what the general one finds, and leave it the rest."""

import random

import pytest

from reasoning_rewards.equations import finding
from reasoning_rewards.equations.checking import Equation
from reasoning_rewards.equations.shapes import (
    MAX_EQUATIONS,
    equations_with_units,
    simple_at,
    simple_equations,
)

SIMPLE = [
    "6 * 7 = 42",
    "6*7=43 and $1,200 / 3 = $400.",
    "10 / 4 = 2",
    "2 + 3 * 4 = 14",
    "20 / 8 * 2 = 5",
    "9 - 3 - 4 = 2.00",
]
WITH_UNITS = [
    "12 eggs * 3 = 36",
    "She pays 3 apples * $2/apple = $6, not more",
    "$1.50 * 4 cups of tea = $6",
    "20% * 50 = 10",
    "4 pens + 5 red pens - 2 pens = 7",
    "8 hours/day * 5 days = 41",
    "10.5 km / 2 = 5.25",
    "6 boxes x 7 pens = 42",
]


@pytest.mark.parametrize("text", SIMPLE)
def test_simple_equations_are_read_alike(text: str) -> None:
    found = simple_equations(text, text.count("="))
    assert found is not None
    assert bare(found) == bare(finding._every_equation(text))


@pytest.mark.parametrize("text", WITH_UNITS)
def test_equations_with_units_are_read_alike(text: str) -> None:
    assert simple_equations(text, text.count("=")) is None
    found = equations_with_units(text, text.count("="))
    assert found is not None
    assert bare(found) == bare(finding._every_equation(text.replace(" x ", " * ")))


def test_random_computations_are_read_alike() -> None:
    rng = random.Random(0)
    read = 0
    for _ in range(400):
        terms = [
            f"{rng.choice(['', '$'])}{number(rng)}{unit(rng)}"
            for _ in range(rng.choice((2, 2, 3, 4)))
        ]
        text = terms[0] + "".join(f" {rng.choice('+-*/')} {term}" for term in terms[1:])
        text += f" = {number(rng)}"
        found = simple_equations(text, 1)
        found = equations_with_units(text, 1) if found is None else found
        if found is not None:
            read += 1
            assert bare(found) == bare(finding._every_equation(text)), text
    assert read > 300


def number(rng: random.Random) -> str:
    kinds = (
        str(rng.randrange(30)),
        f"{rng.randrange(1, 9)},{rng.randrange(100, 999)}",
        f"{rng.randrange(9)}.{rng.randrange(1, 9)}",
        f"{rng.randrange(5, 95)}%",
    )
    return rng.choice(kinds)


def unit(rng: random.Random) -> str:
    return rng.choice(["", "", " eggs", "/day", " cups of tea", " twenty-dollar bills"])


def bare(equations: list[Equation]) -> list[tuple[object, ...]]:
    return [(e.operands, e.value, e.true, e.trivial) for e in equations]


@pytest.mark.parametrize(
    "text", ["6 * 7 = 42 = 40 + 2", "(3 + 4) * 2 = 14", "2^3 = 8", "the total = 8", "3/4 = 15"]
)
def test_the_rest_is_left_alone(text: str) -> None:
    assert simple_equations(text, text.count("=")) is None


def test_too_many_are_left_alone() -> None:
    text = "1+2=3, " * (MAX_EQUATIONS + 1)
    assert simple_equations(text, text.count("=")) is None
    assert equations_with_units(text, text.count("=")) is None


def test_one_at_a_place() -> None:
    assert simple_at("y2 + 3 = 5", 1, 10) is None
    found = simple_at("so 2 + 3 = 5, and", 2, 17)
    assert found is not None
    equation, end = found
    assert (equation.value, end) == (5, 14)
