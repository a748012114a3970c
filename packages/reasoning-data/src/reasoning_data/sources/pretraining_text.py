"""Plain text about sums and short stories, on which a tiny base model is pre-trained.

`plain_text` yields equations and one-step stories. `worked_text` adds two-step stories, worded and
solved like those of `word_problems` and drawn only from the training side of its split. Neither
contains a held-out problem or a schema tag, so the base model has the skill but not the format, as
Gemma does, and fine-tuning has to teach the format.
"""

import random
from collections.abc import Iterator

from reasoning_data.sources.word_problems import (
    NAMES,
    TEMPLATES,
    THINGS,
    Dressing,
    is_held_out,
)


def _equation(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.4:
        a, b = rng.randint(2, 108), rng.randint(2, 108)
        return f"{a}+{b}={a + b}"
    if kind < 0.75:
        a = rng.randint(5, 120)
        b = rng.randint(2, a - 1)
        return f"{a}-{b}={a - b}"
    a, b = rng.randint(2, 12), rng.randint(2, 12)
    return f"{a}*{b}={a * b}"


def _equations(rng: random.Random) -> str:
    return " ".join(f"{_equation(rng)}." for _ in range(rng.randint(2, 6)))


def _buying(rng: random.Random, name: str, friend: str, thing: str) -> str:
    a, b = rng.randint(5, 99), rng.randint(2, 60)
    verb = rng.choice(("buys", "finds"))
    return (
        f"{name} has {a} {thing}. {name} {verb} {b} more. {a}+{b}={a + b} {thing}. "
        f"Now {name} has {a + b} {thing}."
    )


def _giving(rng: random.Random, name: str, friend: str, thing: str) -> str:
    a = rng.randint(5, 99)
    b = rng.randint(2, a - 1)
    return (
        f"{name} has {a} {thing}. {name} gives {b} to {friend}. {a}-{b}={a - b} {thing} left. "
        f"Now {name} has {a - b} {thing}."
    )


def _boxes(rng: random.Random, name: str, friend: str, thing: str) -> str:
    a, b = rng.randint(2, 9), rng.randint(2, 12)
    verb = rng.choice(("has", "brings"))
    return (
        f"{name} {verb} {a} boxes with {b} {thing} in each box. {a}*{b}={a * b} {thing}. "
        f"How many {thing} are in the boxes? {a * b} {thing}."
    )


def _together(rng: random.Random, name: str, friend: str, thing: str) -> str:
    a, b = rng.randint(2, 108), rng.randint(2, 108)
    return (
        f"{name} has {a} {thing} and {friend} has {b} {thing}. {a}+{b}={a + b} {thing} together. "
        f"How many {thing} do they have together? They have {a + b} {thing}."
    )


def _comparing(rng: random.Random, name: str, friend: str, thing: str) -> str:
    a, b = rng.randint(5, 99), rng.randint(2, 60)
    return (
        f"{name} has {a} {thing}. {friend} has {b} more {thing} than {name}. "
        f"{a}+{b}={a + b} {thing}. How many {thing} does {friend} have? {friend} has "
        f"{a + b} {thing}."
    )


_STORIES = (_buying, _giving, _boxes, _together, _comparing)


def _story(rng: random.Random) -> str:
    """Return a one-step story."""
    name, friend = rng.sample(NAMES, 2)
    return rng.choice(_STORIES)(rng, name, friend, rng.choice(THINGS))


def _two_steps(rng: random.Random) -> str:
    """Return a two-step story from the training side of the split."""
    while True:
        template = rng.choice(TEMPLATES)
        numbers = template.draw(rng)
        if not is_held_out(template.name, numbers):
            break
    name, friend = rng.sample(NAMES, 2)
    worked = template.tell(Dressing(name, friend, rng.choice(THINGS)), numbers)
    return f"{worked.question} {worked.rationale}"


def plain_text(*, seed: int) -> Iterator[str]:
    """Yield lines endlessly: half equations, half one-step stories."""
    rng = random.Random(f"plain-text:{seed}")
    while True:
        yield _equations(rng) if rng.random() < 0.5 else _story(rng)


def worked_text(*, seed: int) -> Iterator[str]:
    """Yield lines endlessly: a third each of equations, one-step stories and two-step stories."""
    rng = random.Random(f"plain-text:{seed}")
    kinds = (_equations, _story, _two_steps)
    while True:
        yield kinds[rng.randrange(3)](rng)
