from dataclasses import replace
from pathlib import Path

import pytest

from reasoning_data import Task
from reasoning_train.errors import UserError
from reasoning_train.evaluation.problems import held_out, problems_sha256


def test_a_build_or_its_file(build: Path, tasks: list[Task]) -> None:
    assert held_out(build) == held_out(build / "eval.parquet") == tasks
    assert held_out(build, limit=3) == tasks[:3]


def test_what_is_no_build_is_said(build: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no build in .* `reasoning-data build`"):
        held_out(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"sft\.parquet' is no held-out split"):
        held_out(build / "sft.parquet")


def test_the_name_of_a_set_of_problems(tasks: list[Task]) -> None:
    name = problems_sha256(tasks)
    assert problems_sha256(tasks[::-1]) == name  # whatever the order
    assert problems_sha256([replace(t, prompt="other") for t in tasks]) == name  # or the prompt
    assert problems_sha256(tasks[1:]) != name
    for field in ("id", "question", "gold"):
        assert problems_sha256([*tasks[1:], replace(tasks[0], **{field: "x"})]) != name
