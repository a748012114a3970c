"""The README is executed: its code, and every row of the label policy."""

import re
from pathlib import Path

import pytest

from reasoning_rewards.answers import Verdict, compare

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(.+?)` \| `(.+?)` \| (yes|no) \|", README, re.MULTILINE)


def test_the_policy_table_is_found() -> None:
    assert len(ROWS) > 50


@pytest.mark.parametrize(("gold", "prediction", "same"), ROWS)
def test_policy_row(gold: str, prediction: str, same: str) -> None:
    assert (compare(prediction, gold) is Verdict.SAME) == (same == "yes")
    assert (compare(gold, prediction) is Verdict.SAME) == (same == "yes")


def test_the_code_runs() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 5
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
