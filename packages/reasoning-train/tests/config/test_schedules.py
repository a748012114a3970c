import pytest

from reasoning_train.config import load_config
from reasoning_train.config.schedules import check_schedules
from reasoning_train.errors import UserError


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--sft.steps", "10"],
            r"^sft\.warmup_steps 10 must be below sft\.steps 10, .*--sft\.warmup-steps 2$",
        ),
        (["--grpo.warmup-steps", "61"], r"^grpo\.warmup_steps 61 must be below grpo\.steps 60, "),
    ],
)
def test_a_warm_up_that_leaves_no_step_is_refused(flags: list[str], message: str) -> None:
    config = load_config(flags=flags)  # a run of before can still be read
    with pytest.raises(UserError, match=message):
        check_schedules(config)
    check_schedules(config, done=("sft", "grpo"))


def test_by_the_clock_there_is_nothing_to_refuse() -> None:
    check_schedules(
        load_config(flags=["--sft.steps", "5", "--sft.bound", "clock", "--budget", "9h"])
    )
