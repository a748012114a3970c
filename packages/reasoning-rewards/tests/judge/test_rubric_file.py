"""Rubric files: what they change, and one line for everything that is wrong in one."""

from pathlib import Path

import pytest

from reasoning_rewards import CompositeReward, Rubric
from reasoning_rewards.errors import RewardError
from reasoning_rewards.judge import JudgeItem, RubricFile, parse_rubric, read_rubric

FULL = """
[structure]
connected = 0.5
transitions = false
noise = false

[[items]]
name = "source"
question = "Does the text name its source?"
weight = 2

[[items]]
name = "rude"
question = "Is the text rude?"
weight = -1
"""


def test_weights_switched_off_entries_and_items() -> None:
    rubric = parse_rubric(FULL)
    weights = {item.name: item.weight for item in rubric.structure.items}
    assert weights["connected"] == 0.5
    assert weights["steps"] == 0.25
    assert "transitions" not in weights
    assert "noise" not in {pitfall.name for pitfall in rubric.structure.pitfalls}
    assert rubric.items == (
        JudgeItem("source", "Does the text name its source?", 2),
        JudgeItem("rude", "Is the text rude?", -1),
    )
    assert " 2.00  source         Does the text name its source?" in str(rubric)


def test_a_changed_structure_changes_the_reward() -> None:
    text = "<reasoning>2 + 2 = 5, so 5.</reasoning><answer>5</answer>"
    strict = parse_rubric("[structure]\narithmetic = 9").structure
    before = CompositeReward().score(text, "4").structure
    assert CompositeReward(rubric=strict).score(text, "4").structure < before


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text("")
    assert read_rubric(tmp_path / "r.toml") == RubricFile(Rubric(), ())


ITEM = '[[items]]\nname = "a"\nquestion = "b?"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[structure", "is not TOML: "),
        ("[structures]", "unknown key 'structures'; there are [structure] and [[items]]"),
        ("structure = 3", "structure is a table"),
        ("[structure]\nstep = 1", "no rubric entry 'step'; there are steps, arithmetic"),
        ("[structure]\nsteps = 'x'", "structure.steps is a weight, or false, not 'x'"),
        ("[structure]\nsteps = true", "structure.steps is a weight, or false, not True"),
        ("[structure]\nsteps = -1", "the weight of 'steps' must be 0 or more: -1.0"),
        ("[structure]\nsteps = nan", "the weight of 'steps' must be 0 or more: nan"),
        ("[structure]\nnoise = 0.5", "the pitfall 'noise' can only be switched off"),
        (
            "[structure]\n" + "\n".join(f"{item.name} = false" for item in Rubric().items),
            "at least one item of the structure must have a weight",
        ),
        ("items = 3", "items are written as [[items]]"),
        ("items = [3]", "items are written as [[items]]"),
        ("[[items]]\nname = 'a'", "item 1 has no question"),
        (ITEM + "[[items]]\nquestion = 'b?'", "item 2 has no name"),
        (ITEM + "wieght = 2", "item 1 has an unknown key 'wieght'; there are name, question"),
        (ITEM + "weight = 0", "the weight of item 'a' must be a number other than 0, not 0"),
        (ITEM + "weight = true", "must be a number other than 0, not True"),
        (ITEM + "weight = inf", "must be a number other than 0, not inf"),
        (ITEM + ITEM, "two items have the name 'a'"),
        ("[[items]]\nname = ''\nquestion = 'b?'", "an item's name must be 1 to 60 letters"),
        ("[[items]]\nname = 3\nquestion = 'b?'", "an item's name must be 1 to 60 letters"),
        ("[[items]]\nname = 'a'\nquestion = ' '", "item 'a' must have a question, not ' '"),
    ],
)
def test_what_is_wrong_is_one_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(RewardError) as caught:
        read_rubric(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"rubric {str(path)!r}")
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(RewardError, match=r"cannot read the rubric .*No such file"):
        read_rubric(tmp_path / "none.toml")
    with pytest.raises(RewardError, match=r"cannot read the rubric .*Is a directory"):
        read_rubric(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")
    with pytest.raises(RewardError, match="is not UTF-8 text"):
        read_rubric(tmp_path / "latin.toml")
