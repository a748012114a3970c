import pytest

from reasoning_train.errors import NonFiniteError
from reasoning_train.loop.non_finite import NonFiniteGuard


def test_several_in_a_row_end_the_stage() -> None:
    guard = NonFiniteGuard("grpo", 3)
    guard.check(1, 1.0)
    guard.check(2, 1.0)
    with pytest.raises(NonFiniteError, match="grpo stopped at step 3") as raised:
        guard.check(3, 1.0)
    assert (raised.value.first, raised.value.last) == (1, 3)


def test_a_good_step_begins_the_count_anew() -> None:
    guard = NonFiniteGuard("sft", 2)
    for step in range(1, 11, 2):
        guard.check(step, 1.0)
        guard.check(step + 1, 0.0)
