"""Seeded generator of arithmetic word problems with worked rationales.

By default a problem takes two steps; easier ones take one step, or only reading, and harder ones
three steps with products of two-digit numbers. A problem
is determined by its *key*: the template and its numbers. Names and objects only dress it. The
split of a key (`held_out`) is a hash of the key alone, so the same calculation with other names is
never on both sides, and asking for more problems moves none of them.
"""

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from reasoning_data.problem import Problem

NAMES = ("Tom", "Mia", "Sam", "Lea", "Ben", "Zoe", "Max", "Ada", "Leo", "Eva", "Jon", "Amy")
THINGS = ("apples", "pens", "books", "cards", "coins", "shells", "eggs", "stamps", "cups", "balls")
SOURCE = "arithmetic"
LICENSE = "Apache-2.0"
HELD_OUT_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Dressing:
    """Words of a problem that do not change its answer."""

    name: str
    friend: str
    thing: str


@dataclass(frozen=True, slots=True)
class Worked:
    """Question, its worked steps as text, and the answer."""

    question: str
    rationale: str
    answer: int


@dataclass(frozen=True, slots=True)
class Template:
    """Template of a problem: a function that draws its numbers, and one that writes it out."""

    name: str
    draw: Callable[[random.Random], tuple[int, ...]]
    tell: Callable[[Dressing, tuple[int, ...]], Worked]


def _buy_then_give(d: Dressing, n: tuple[int, ...]) -> Worked:
    a, b, c = n
    return Worked(
        f"{d.name} has {a} {d.thing}. {d.name} buys {b} more and gives {c} to {d.friend}. "
        f"How many {d.thing} does {d.name} have now?",
        f"{a}+{b}={a + b} {d.thing}. {a + b}-{c}={a + b - c} {d.thing} left.",
        a + b - c,
    )


def _give_then_find(d: Dressing, n: tuple[int, ...]) -> Worked:
    a, b, c = n
    return Worked(
        f"{d.name} has {a} {d.thing} and gives {b} to {d.friend}. Then {d.name} finds {c} more. "
        f"How many {d.thing} does {d.name} have now?",
        f"{a}-{b}={a - b} {d.thing} left. {a - b}+{c}={a - b + c} {d.thing}.",
        a - b + c,
    )


def _boxes_minus(d: Dressing, n: tuple[int, ...]) -> Worked:
    a, b, c = n
    return Worked(
        f"{d.name} has {a} boxes with {b} {d.thing} in each box. {d.name} gives {c} {d.thing} "
        f"to {d.friend}. How many {d.thing} are left?",
        f"{a}*{b}={a * b} {d.thing}. {a * b}-{c}={a * b - c} {d.thing} left.",
        a * b - c,
    )


def _boxes_plus(d: Dressing, n: tuple[int, ...]) -> Worked:
    a, b, c = n
    return Worked(
        f"{d.name} has {a} {d.thing}. {d.friend} brings {b} boxes with {c} {d.thing} in each box. "
        f"How many {d.thing} do they have together?",
        f"{b}*{c}={b * c} {d.thing}. {a}+{b * c}={a + b * c} {d.thing} together.",
        a + b * c,
    )


def _two_kinds_of_boxes(d: Dressing, n: tuple[int, ...]) -> Worked:
    a, b, c, e = n
    return Worked(
        f"{d.name} has {a} boxes with {b} {d.thing} in each box. {d.friend} has {c} boxes with {e} "
        f"{d.thing} in each box. How many {d.thing} do they have together?",
        f"{a}*{b}={a * b} {d.thing}. {c}*{e}={c * e} {d.thing}. "
        f"{a * b}+{c * e}={a * b + c * e} {d.thing} together.",
        a * b + c * e,
    )


def _more_than_friend(d: Dressing, n: tuple[int, ...]) -> Worked:
    a, b = n
    return Worked(
        f"{d.name} has {a} {d.thing}. {d.friend} has {b} more {d.thing} than {d.name}. "
        f"How many {d.thing} do they have together?",
        f"{a}+{b}={a + b} {d.thing}. {a}+{a + b}={2 * a + b} {d.thing} together.",
        2 * a + b,
    )


def _buy(d: Dressing, n: tuple[int, ...]) -> Worked:
    a, b = n
    return Worked(
        f"{d.name} has {a} {d.thing} and buys {b} more. How many {d.thing} does {d.name} have now?",
        f"{a}+{b}={a + b} {d.thing}.",
        a + b,
    )


def _give(d: Dressing, n: tuple[int, ...]) -> Worked:
    a, b = n
    return Worked(
        f"{d.name} has {a} {d.thing} and gives {b} to {d.friend}. "
        f"How many {d.thing} does {d.name} have left?",
        f"{a}-{b}={a - b} {d.thing} left.",
        a - b,
    )


def _boxes_minus_plus(d: Dressing, n: tuple[int, ...]) -> Worked:
    a, b, c, e = n
    return Worked(
        f"{d.name} has {a} boxes with {b} {d.thing} in each box. {d.name} gives {c} {d.thing} "
        f"to {d.friend} and finds {e} more. How many {d.thing} does {d.name} have now?",
        f"{a}*{b}={a * b} {d.thing}. {a * b}-{c}={a * b - c} {d.thing} left. "
        f"{a * b - c}+{e}={a * b - c + e} {d.thing}.",
        a * b - c + e,
    )


DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def _one_day(d: Dressing, n: tuple[int, ...]) -> Worked:
    *found, which = n
    first, *between, last = (f"{number} on {day}" for number, day in zip(found, DAYS, strict=True))
    first = first.replace(" on", f" {d.thing} on")
    return Worked(
        f"{d.name} found {', '.join((first, *between))} and {last}. "
        f"How many {d.thing} did {d.name} find on {DAYS[which]}?",
        f"On {DAYS[which]}: {found[which]} {d.thing}.",
        found[which],
    )


def _draw_sum_and_part(rng: random.Random) -> tuple[int, ...]:
    a, b = rng.randint(10, 60), rng.randint(5, 39)
    return a, b, rng.randint(3, min(a + b - 2, 49))


def _draw_whole_and_part(rng: random.Random) -> tuple[int, ...]:
    a = rng.randint(20, 90)
    return a, rng.randint(3, a - 5)


def _draw_part_and_sum(rng: random.Random) -> tuple[int, ...]:
    return *_draw_whole_and_part(rng), rng.randint(5, 39)


def _draw_product_and_part(rng: random.Random) -> tuple[int, ...]:
    a, b = rng.randint(3, 9), rng.randint(4, 12)
    return a, b, rng.randint(2, min(a * b - 2, 49))


def _draw_sum_and_product(rng: random.Random) -> tuple[int, ...]:
    return rng.randint(10, 60), rng.randint(2, 9), rng.randint(3, 12)


def _draw_two_products(rng: random.Random) -> tuple[int, ...]:
    return rng.randint(2, 9), rng.randint(3, 12), rng.randint(2, 9), rng.randint(3, 12)


def _draw_pair(rng: random.Random) -> tuple[int, ...]:
    return rng.randint(10, 60), rng.randint(3, 39)


def _draw_days_and_which(rng: random.Random) -> tuple[int, ...]:
    return *rng.sample(range(10, 100), len(DAYS)), rng.randrange(len(DAYS))


def _draw_large_products(rng: random.Random) -> tuple[int, ...]:
    return rng.randint(13, 49), rng.randint(13, 49), rng.randint(13, 49), rng.randint(13, 49)


def _draw_large_product_and_parts(rng: random.Random) -> tuple[int, ...]:
    return *_draw_large_products(rng)[:2], rng.randint(20, 99), rng.randint(20, 99)


TEMPLATES = (
    Template("buy-then-give", _draw_sum_and_part, _buy_then_give),
    Template("give-then-find", _draw_part_and_sum, _give_then_find),
    Template("boxes-minus", _draw_product_and_part, _boxes_minus),
    Template("boxes-plus", _draw_sum_and_product, _boxes_plus),
    Template("two-kinds-of-boxes", _draw_two_products, _two_kinds_of_boxes),
    Template("more-than-friend", _draw_pair, _more_than_friend),
)


EASY_TEMPLATES = (
    Template("buy", _draw_pair, _buy),
    Template("give", _draw_whole_and_part, _give),
)
"""Problems of one step."""

READING_TEMPLATES = (Template("one-day", _draw_days_and_which, _one_day),)
"""Problems without a step: the answer stands in the story."""

HARD_TEMPLATES = (
    Template("large-boxes-minus-plus", _draw_large_product_and_parts, _boxes_minus_plus),
    Template("large-kinds-of-boxes", _draw_large_products, _two_kinds_of_boxes),
)
"""Problems of three steps, with products of two-digit numbers."""

KINDS = {
    0: (READING_TEMPLATES, 30_000),
    1: (EASY_TEMPLATES, 800),
    2: (TEMPLATES, 30_000),
    3: (HARD_TEMPLATES, 30_000),
}
"""By steps: the templates, and how many problems they can tell apart on either side."""


def is_held_out(template: str, numbers: tuple[int, ...]) -> bool:
    """Return whether the key is on the held-out side, which depends on its hash alone."""
    key = f"{template}:{','.join(map(str, numbers))}".encode()
    return int.from_bytes(hashlib.sha256(key).digest()[:4]) < HELD_OUT_SHARE * 2**32


def distinct_problems(steps: int) -> int:
    """Return how many problems of so many steps can be drawn from either side."""
    return KINDS[steps][1]


def _stream(templates: Sequence[Template], seed: int, held_out: bool) -> Iterator[Problem]:
    side = "held-out" if held_out else "train"
    rng = random.Random(f"{SOURCE}:{side}:{seed}")
    seen: set[tuple[str, tuple[int, ...]]] = set()
    while True:
        template = rng.choice(templates)
        numbers = template.draw(rng)
        name, friend = rng.sample(NAMES, 2)
        dressing = Dressing(name, friend, rng.choice(THINGS))
        key = (template.name, numbers)
        if key in seen or is_held_out(*key) != held_out:
            continue
        seen.add(key)
        worked = template.tell(dressing, numbers)
        yield Problem(
            id=f"{SOURCE}-{side}-{seed}:{len(seen) - 1}:{template.name}",
            question=worked.question,
            answer=str(worked.answer),
            rationale=worked.rationale,
            source=SOURCE,
            license=LICENSE,
        )


def generate_arithmetic(
    n: int, *, seed: int, held_out: bool = False, steps: int = 2
) -> list[Problem]:
    """Draw `n` distinct problems.

    Args:
        n: Number of problems. The first `m < n` are the same for every `n`.
        seed: Seed of all random choices.
        held_out: Draw from the held-out side of the split; the two sides never share a template
            with the same numbers.
        steps: 0 to read a number off the story, 1 for a single sum or difference, 2 for two steps
            or three with small products, 3 for three steps with products of two-digit numbers.

    Raises:
        ValueError: `steps` is not 0, 1, 2 or 3, or `n` is negative or larger than the number of
            distinct problems (30,000; 800 for one step).
    """
    if steps not in KINDS:
        raise ValueError(f"steps must be 0, 1, 2 or 3, got {steps!r}")
    templates, most = KINDS[steps]
    if not 0 <= n <= most:
        raise ValueError(f"n must be between 0 and {most} for steps={steps}, got {n!r}")
    return list(islice(_stream(templates, seed, held_out), n))
