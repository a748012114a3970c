"""A foreign function in a process of its own, for real."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from reasoning_train.clock.budget import Clock
from reasoning_train.config import load_config
from reasoning_train.context import RunContext
from reasoning_train.errors import UserError
from reasoning_train.models import locate_base
from reasoning_train.reward.user_function import RewardRow, UserReward, offer
from reasoning_train.run_dir.directory import RunDir

SOURCE = """
import os
import time

NUMBER = 3

def length(completion, gold, prompt):
    if completion == "raise":
        raise KeyError("no such key")
    if completion == "hang":
        time.sleep(60)
    if completion == "exit":
        os._exit(7)
    if completion == "nan":
        return float("nan")
    if completion == "text":
        return "much"
    return len(completion) + len(gold) / 10
"""

KILLED = """
import os, signal
from reasoning_train.reward.user_function import RewardRow, UserReward

if __name__ == "__main__":
    reward = UserReward("foreign_rewards:length:0.1")
    reward.score([RewardRow("ab", "4", "p")])
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], UserReward]]:
    (tmp_path / "foreign_rewards.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    made: list[UserReward] = []

    def make(text: str) -> UserReward:
        made.append(UserReward(text, timeout_s=1.0))
        return made[-1]

    yield make
    for reward in made:
        reward.close()


def test_rows_that_fail_are_told_apart_and_the_others_are_scored(
    make: Callable[[str], UserReward],
) -> None:
    reward = make("foreign_rewards:length:0.1")
    assert (reward.name, reward.weight) == ("foreign_rewards:length", 0.1)
    texts = ["ab", "raise", "abc", "hang", "a", "exit", "nan", "text", "abcd"]
    outcomes = reward.score([RewardRow(text, "4", "p") for text in texts])
    assert [o.value for o in outcomes] == [2.1, None, 3.1, None, 1.1, None, None, None, 4.1]
    faults = [o.fault for o in outcomes if o.value is None]
    assert "KeyError" in faults[0]
    assert faults[1:4] == ["took over 1 s", "ended its process", "returned nan"]
    assert "ValueError" in faults[4]
    assert [o.value for o in reward.score([RewardRow("ab", "", "p")])] == [2.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("foreign_rewards:length", "is not module:function:weight"),
        ("foreign_rewards:length:much", "'much' is no number"),
        ("foreign_rewards:length:inf", "must be finite"),
        ("foreign_rewards:width:1", "cannot load foreign_rewards:width"),
        ("foreign_rewards:NUMBER:1", "is not a function"),
        ("nowhere_at_all:f:1", "ModuleNotFoundError"),
    ],
)
def test_what_cannot_work_is_refused_at_once(
    make: Callable[[str], UserReward], text: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        make(text)


def test_a_function_of_this_process_is_called_here() -> None:
    seen: list[str] = []

    def local(completion: str, gold: str, prompt: str) -> float:
        seen.append(gold)
        if completion == "raise":
            raise KeyError("no such key")
        return 2.0

    text, own = offer(local, 0.25)
    reward = UserReward(text, own=own)
    assert reward.weight == 0.25
    assert [
        o.value for o in reward.score([RewardRow("a", "1", "p"), RewardRow("raise", "2", "p")])
    ] == [2.0, None]
    assert seen == ["1", "2"]


def test_a_function_that_can_be_imported_keeps_its_process(
    make: Callable[[str], UserReward], tmp_path: Path
) -> None:
    make("foreign_rewards:length:1")  # puts the folder where Python looks
    import foreign_rewards

    text, own = offer(foreign_rewards.length, 0.5)
    assert (text, dict(own)) == ("foreign_rewards:length:0.5", {})
    [outcome] = make(text).score([RewardRow("hang", "1", "p")])
    assert outcome.fault == "took over 1 s"


def test_the_run_ends_the_processes_that_it_began(
    make: Callable[[str], UserReward], tmp_path: Path
) -> None:
    config = load_config(preset="tiny", flags=["--reward.extra", '["foreign_rewards:length:0.1"]'])
    run = RunDir(tmp_path / "run")
    context = RunContext(config, locate_base("tiny-gemma3"), run, Clock(), Console(quiet=True))
    context.close()  # nothing was begun
    assert context.reward.score("ab", "4").total == pytest.approx(0.21)
    process = context.user_rewards[0]._process
    assert process is not None
    assert process.is_alive()
    context.close()
    assert context.user_rewards[0]._process is None


def test_the_process_of_a_run_that_was_killed_ends_silently(
    make: Callable[[str], UserReward], tmp_path: Path
) -> None:
    (tmp_path / "killed.py").write_text(KILLED)
    # Both outputs are read until the last process that holds them has ended.
    result = subprocess.run(
        [sys.executable, "killed.py"], capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == -9
    assert result.stderr == ""
