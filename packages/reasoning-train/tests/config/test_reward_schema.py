"""The rubric and the judge in the configuration of a run."""

from pathlib import Path

import pytest

from reasoning_rewards import Rubric
from reasoning_train.config import dump_toml, load_config
from reasoning_train.config.changes import changes
from reasoning_train.errors import UserError

STRUCTURE = "[structure]\ntransitions = false\n"
ITEMS = '[[items]]\nname = "polite"\nquestion = "Is it \\"polite\\"?"\n'
JUDGE = ["--reward.judge.backend", "endpoint", "--reward.judge.model", "m"]


@pytest.fixture
def rubric(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(STRUCTURE + ITEMS)
    return path


def test_a_run_keeps_the_text_in_place_of_the_name(rubric: Path, tmp_path: Path) -> None:
    config = load_config(flags=["--reward.rubric", str(rubric), *JUDGE])
    assert config.reward.rubric == STRUCTURE + ITEMS
    assert config.reward.rubric_file.structure == Rubric().without("transitions")
    (tmp_path / "config.toml").write_text(dump_toml(config))
    rubric.unlink()
    assert load_config(file=tmp_path / "config.toml") == config


def test_a_changed_rubric_is_a_change_of_the_reward(rubric: Path) -> None:
    flags = ["--reward.rubric", str(rubric), *JUDGE]
    before = load_config(flags=flags).model_dump()
    assert changes(before, load_config(flags=flags)) == []
    rubric.write_text(STRUCTURE + ITEMS + "weight = 2\n")
    [change] = changes(before, load_config(flags=flags))
    assert (change.key, change.first_use) == ("reward.rubric", "grpo")
    assert str(change).startswith("reward.rubric (5 lines, SHA-256 ")
    assert "\n" not in str(change)


def test_where_the_judge_is_may_change_and_what_it_is_may_not(rubric: Path) -> None:
    flags = ["--reward.rubric", str(rubric), *JUDGE]
    before = load_config(flags=flags).model_dump()
    moved = ["--reward.judge.base-url", "http://b/v1", "--reward.judge.max-calls", "9"]
    assert {c.first_use for c in changes(before, load_config(flags=[*flags, *moved]))} == {""}
    other = ["--reward.judge.model", "n", "--reward.judge.weight", "0.1"]
    assert {c.first_use for c in changes(before, load_config(flags=[*flags, *other]))} == {"grpo"}


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--reward.rubric", "nowhere.toml"],
            "reward.rubric: cannot read the rubric 'nowhere",
        ),
        (["--reward.rubric", "wrong.toml"], "no rubric entry 'step'"),
        (["--reward.rubric", "mine.toml"], "reward.rubric has [[items]], which only a judge can"),
        (["--reward.rubric-column", "rubric"], "reward.rubric_column is set, which only a judge"),
        (JUDGE, "reward.judge has nothing to ask"),
        ([*JUDGE[:2], "--reward.rubric", "mine.toml"], "reward.judge.model must name"),
        ([*JUDGE, "--reward.judge.base-url", "x"], "reward.judge: base_url must begin with http"),
        ([*JUDGE, "--reward.judge.max-cost", "1"], "reward.judge: max_cost needs price_in"),
        ([*JUDGE, "--reward.judge.weight", "0"], "reward.judge.weight = '0'"),
    ],
)
def test_what_is_wrong_is_one_line(
    flags: list[str], message: str, rubric: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(rubric.parent)
    Path("wrong.toml").write_text("[structure]\nstep = 1\n")
    with pytest.raises(UserError) as caught:
        load_config(flags=flags)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
