import math

import pytest

from reasoning_train.errors import NonFiniteError
from reasoning_train.guard import NonFiniteGuard

GOOD = {"loss": 1.0, "grad_norm": 2.0}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_several_in_a_row_end_the_stage(name: str, value: float) -> None:
    guard = NonFiniteGuard("grpo", 3)
    bad = {**GOOD, name: value}
    assert guard.check(1, bad)["skipped"] == 1.0
    assert guard.check(2, bad)["skipped"] == 1.0
    with pytest.raises(NonFiniteError, match="grpo stopped at step 3") as raised:
        guard.check(3, bad)
    assert (raised.value.first, raised.value.last) == (1, 3)


def test_a_good_step_begins_the_count_anew() -> None:
    guard = NonFiniteGuard("sft", 2)
    bad = {**GOOD, "loss": math.nan}
    for step in range(1, 11, 2):
        assert guard.check(step, bad)["skipped"] == 1.0
        assert guard.check(step + 1, GOOD)["skipped"] == 0.0
