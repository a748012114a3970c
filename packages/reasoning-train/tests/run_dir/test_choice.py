import json
from pathlib import Path
from typing import Any

import pytest

from reasoning_train.errors import UserError
from reasoning_train.run_dir.choice import choice_file, choice_line, is_start, read_choice
from reasoning_train.run_dir.directory import RunDir

CHOICE: dict[str, Any] = {
    "step": 20, "of": 30, "mean_reward": 0.6, "ci95": [0.5, 0.7], "n": 40, "stopped": "",
    "candidates": 4,
}  # fmt: skip


def test_the_figure_of_the_best_of_several_is_said_to_be_too_high() -> None:
    line = choice_line(CHOICE)
    assert (
        "step 20 of 30, which has the highest reward: 0.600, 95 % CI 0.500 to 0.700, on 40" in line
    )
    assert "as the highest of 4, this reward" in line
    assert "too high" not in choice_line({**CHOICE, "candidates": 1})
    older = {key: value for key, value in CHOICE.items() if key != "candidates"}
    assert "too high" not in choice_line(older)
    assert choice_line({**CHOICE, "stopped": "of old age"}).endswith("it ended because of old age")


def test_the_start_is_called_what_it_is() -> None:
    assert is_start({**CHOICE, "step": 0})
    assert not is_start(CHOICE)
    assert "the output is that policy (step 0 of 30)" in choice_line({**CHOICE, "step": 0})


@pytest.mark.parametrize(
    "content", ["", "[]", json.dumps({**CHOICE, "n": None}), json.dumps({**CHOICE, "ci95": [1]})]
)
def test_a_damaged_choice_is_one_line(tmp_path: Path, content: str) -> None:
    run = RunDir(tmp_path)
    assert read_choice(run) is None
    choice_file(run).parent.mkdir()
    choice_file(run).write_text(content)
    with pytest.raises(UserError, match="damaged"):
        read_choice(run)
