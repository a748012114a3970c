from itertools import count

import numpy as np
import pytest

from reasoning_train.loop.step_meter import GIB, StepMeter, peak_memory


def test_a_step_lasts_until_the_next_batch_is_asked_for() -> None:
    clock = [0.0]
    meter = StepMeter(lambda: clock[0])
    batches = meter.watch(["a", "b"])
    assert next(batches) == "a"
    clock[0] = 2.0
    assert next(batches) == "b"
    clock[0] = 5.0
    assert meter.machine(1, 30.0)["tokens_per_s"] == 15.0
    assert meter.machine(2, 30.0)["step_s"] == 3.0


def test_the_last_step_ends_where_there_are_no_more_batches() -> None:
    ticks = count()
    meter = StepMeter(lambda: float(next(ticks)))
    assert list(meter.watch("ab")) == ["a", "b"]
    next(ticks)
    assert meter.machine(2, 1.0)["step_s"] == 1.0


def test_a_step_whose_batch_nobody_asked_for_has_no_time() -> None:
    with pytest.raises(KeyError):
        StepMeter().machine(1, 1.0)


def test_the_peak_grows_with_what_is_used() -> None:
    before = peak_memory()
    held = np.ones(before // 8 + 2**25)
    after = peak_memory()
    assert after - before >= 0.2 * GIB
    del held
    assert peak_memory() >= after
