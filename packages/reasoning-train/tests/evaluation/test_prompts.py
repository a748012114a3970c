from pathlib import Path

import pytest

from reasoning_data import Task, read_examples
from reasoning_train.errors import UserError
from reasoning_train.evaluation.prompts import (
    Demonstration,
    PromptFormat,
    demonstrations,
    prompts_of,
)
from reasoning_train.evaluation.scorers import lm_eval_strict


def test_the_schema_is_the_builds_own_prompt(tasks: list[Task]) -> None:
    assert prompts_of(tasks, PromptFormat.SCHEMA) == [t.prompt for t in tasks]
    assert PromptFormat.SCHEMA.stop is None


def test_plain_is_the_harness_text(tasks: list[Task]) -> None:
    (prompt,) = prompts_of(tasks[:1], PromptFormat.PLAIN)
    assert prompt == f"Question: {tasks[0].question}\nAnswer:"
    assert PromptFormat.PLAIN.stop == "Question:"


def test_raw_is_the_question_alone_and_its_answer_one_line(tasks: list[Task]) -> None:
    assert prompts_of(tasks, PromptFormat.RAW) == [task.question for task in tasks]
    assert PromptFormat.RAW.stop == "\n"


def test_few_shot_puts_worked_examples_before(tasks: list[Task]) -> None:
    shots = [Demonstration("How many?", "1+1=2", "2", ""), Demonstration("And?", "2+1=3", "3", "")]
    (prompt,) = prompts_of(tasks[:1], PromptFormat.FEW_SHOT, shots)
    assert prompt == (
        "Question: How many?\nAnswer: 1+1=2\n#### 2\n\n"
        "Question: And?\nAnswer: 2+1=3\n#### 3\n\n"
        f"Question: {tasks[0].question}\nAnswer:"
    )


def test_examples_come_from_the_training_data_and_follow_from_the_seed(
    build: Path, tasks: list[Task]
) -> None:
    shots = demonstrations(build, 5)
    assert shots == demonstrations(build, 5) != demonstrations(build, 5, seed=1)
    prompts = {example.prompt: example.completion for example in read_examples(build)}
    for shot in shots:
        prompt = f"<start_of_turn>user\n{shot.question}<end_of_turn>\n<start_of_turn>model\n"
        work, _, rest = prompts[prompt].partition("\nConfidence: 0.")
        assert work == f"<reasoning>{shot.solution}"
        assert rest.endswith(f"</reasoning><answer>{shot.answer}</answer><end_of_turn>")
        assert lm_eval_strict(f"{shot.solution}\n#### {shot.answer}", shot.answer)
    assert not {shot.question for shot in shots} & {task.question for task in tasks}


def test_too_few_examples_are_said(build: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has 12 worked problems, 13 are wanted"):
        demonstrations(build, 13)
    with pytest.raises(UserError, match="no examples for few-shot"):
        demonstrations(tmp_path, 1)


def test_examples_in_the_schema_are_turns_of_their_own(build: Path, tasks: list[Task]) -> None:
    shots = demonstrations(build, 2)
    (prompt,) = prompts_of(tasks[:1], PromptFormat.SCHEMA_FEW_SHOT, shots)
    turns = [f"{e.prompt}{e.completion}" for e in read_examples(build)]
    assert [shot.in_schema in turns for shot in shots] == [True, True]
    assert prompt == f"{shots[0].in_schema}\n{shots[1].in_schema}\n{tasks[0].prompt}"
    assert PromptFormat.SCHEMA_FEW_SHOT.stop is None
