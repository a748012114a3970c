import pytest

from reasoning_train.errors import TrainingError
from reasoning_train.loop.hopeless import HopelessWatch

GOOD = {"reward/correctness": 0.5, "cut_share": 0.0, "zero_variance_share": 0.2}
WRONG = {**GOOD, "reward/correctness": 0.0}
CUT = {**GOOD, "cut_share": 0.96}
FLAT = {**GOOD, "zero_variance_share": 1.0}


@pytest.mark.parametrize(
    ("values", "text"),
    [(WRONG, "no completion was correct"), (CUT, "were cut"), (FLAT, "the same reward")],
)
def test_a_streak_is_said_once_with_a_remedy(values: dict[str, float], text: str) -> None:
    said: list[str] = []
    watch = HopelessWatch(3, False, said.append)
    for step in range(1, 8):
        watch.check(step, values)
    [line] = said
    assert text in line
    assert "3 updates" in line
    assert "--" in line


def test_a_good_update_ends_the_streak() -> None:
    said: list[str] = []
    watch = HopelessWatch(3, True, said.append)
    for step, values in enumerate([WRONG, WRONG, GOOD, WRONG, WRONG, CUT, CUT, FLAT], 1):
        watch.check(step, values)
    watch.finish()
    assert said == []


def test_it_stops_where_asked() -> None:
    watch = HopelessWatch(2, True, lambda _: None)
    watch.check(1, FLAT)
    with pytest.raises(TrainingError, match=r"stopped at step 2: all completions .* 2 updates"):
        watch.check(2, FLAT)


def test_a_resumed_stage_counts_on() -> None:
    said: list[str] = []
    HopelessWatch(3, False, said.append, [WRONG, WRONG]).check(3, WRONG)
    assert len(said) == 1


def test_a_short_stage_is_judged_at_its_end() -> None:
    said: list[str] = []
    watch = HopelessWatch(5, False, said.append)
    for step in (1, 2, 3):
        watch.check(step, WRONG)
    assert said == []
    watch.finish()
    assert "3 updates in a row" in said[0]
