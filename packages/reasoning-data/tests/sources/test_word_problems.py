import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning_data.sources.pretraining_text import plain_text, worked_text
from reasoning_data.sources.word_problems import (
    EASY_TEMPLATES,
    HARD_TEMPLATES,
    READING_TEMPLATES,
    TEMPLATES,
    Template,
    generate_arithmetic,
)

EQUATION = re.compile(r"(\d+)([-+*])(\d+)=(\d+)")


def numbers(question: str) -> list[str]:
    return re.findall(r"\d+", question)


def value(a: str, operator: str, b: str) -> int:
    return {"+": int(a) + int(b), "-": int(a) - int(b), "*": int(a) * int(b)}[operator]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.booleans(), st.sampled_from([1, 2, 3]))
def test_every_rationale_is_true_and_ends_at_the_answer(
    seed: int, held_out: bool, steps: int
) -> None:
    for problem in generate_arithmetic(50, seed=seed, held_out=held_out, steps=steps):
        equations = EQUATION.findall(problem.rationale)
        assert len(equations) in {1: [1], 2: [2, 3], 3: [3]}[steps]
        assert all(value(a, op, b) == int(c) for a, op, b, c in equations)
        assert equations[-1][3] == problem.answer
        assert int(problem.answer) > 0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_the_answer_of_a_problem_without_steps_stands_in_its_story(
    seed: int, held_out: bool
) -> None:
    for problem in generate_arithmetic(50, seed=seed, held_out=held_out, steps=0):
        story, _, question = problem.question.partition(". ")
        told = re.findall(r"(\d+)(?: \w+)? on (\w+)", story)
        day = question.removesuffix("?").rsplit(" ", 1)[1]
        assert [problem.answer] == [number for number, name in told if name == day]
        assert day in problem.rationale
        assert numbers(problem.rationale) == [problem.answer]


@pytest.mark.parametrize(
    ("steps", "templates"),
    [(0, READING_TEMPLATES), (1, EASY_TEMPLATES), (2, TEMPLATES), (3, HARD_TEMPLATES)],
)
def test_every_template_is_used(steps: int, templates: Sequence[Template]) -> None:
    used = {p.id.rsplit(":", 1)[1] for p in generate_arithmetic(500, seed=0, steps=steps)}
    assert used == {template.name for template in templates}


def test_all_the_easy_problems_there_are_can_be_had_on_either_side() -> None:
    training = generate_arithmetic(800, seed=0, steps=1)
    held_out = generate_arithmetic(800, seed=0, steps=1, held_out=True)
    keys = [key(p.id, p.question) for p in (*training, *held_out)]
    assert len(set(keys)) == 1600


def key(problem_id: str, question: str) -> tuple[str, ...]:
    return (problem_id.rsplit(":", 1)[1], *numbers(question))


def test_held_out_and_training_problems_share_no_numbers_in_a_template() -> None:
    training = {
        key(p.id, p.question) for seed in range(3) for p in generate_arithmetic(5000, seed=seed)
    }
    held_out = {key(p.id, p.question) for p in generate_arithmetic(2000, seed=0, held_out=True)}
    assert not training & held_out
    assert len(held_out) == 2000


def test_more_problems_move_none() -> None:
    assert generate_arithmetic(100, seed=3)[:40] == generate_arithmetic(40, seed=3)


def test_the_seed_decides() -> None:
    assert generate_arithmetic(20, seed=1) != generate_arithmetic(20, seed=2)


@pytest.mark.parametrize("n", [-1, 30_001])
def test_a_number_out_of_range_is_an_error(n: int) -> None:
    with pytest.raises(ValueError, match=repr(n)):
        generate_arithmetic(n, seed=0)


@pytest.mark.parametrize(("n", "steps"), [(801, 1), (1, 4)])
def test_only_so_many_steps_and_easy_problems_can_be_had(n: int, steps: int) -> None:
    with pytest.raises(ValueError, match="steps"):
        generate_arithmetic(n, seed=0, steps=steps)


@pytest.mark.parametrize(("text", "expected"), [(plain_text, {1}), (worked_text, {1, 2, 3})])
def test_text_is_true_and_holds_equations_and_stories_of_so_many_steps(
    text: Callable[..., Iterator[str]], expected: set[int]
) -> None:
    steps = set()
    for line in islice(text(seed=0), 3000):
        equations = EQUATION.findall(line)
        assert equations
        assert all(value(a, op, b) == int(c) for a, op, b, c in equations)
        assert "<" not in line
        if line[0].isalpha():
            steps.add(len(equations))
    assert steps == expected


def test_text_holds_no_held_out_problem() -> None:
    held_out = {p.question for p in generate_arithmetic(2000, seed=0, held_out=True)}
    lines = [line for line in islice(worked_text(seed=0), 30_000) if "How many" in line]
    assert not any(line[: line.index("?") + 1] in held_out for line in lines)
