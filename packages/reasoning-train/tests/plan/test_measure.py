"""What the compiler reserves is what a step takes: on this machine's CPU, for real."""

from pathlib import Path

import pytest

from reasoning_train.config import RunConfig
from reasoning_train.plan.cache import ReportCache
from reasoning_train.plan.measure import CLEAR, measure_memory
from reasoning_train.plan.planner import Planner
from reasoning_train.plan.topology import slice_devices, topology_named

ROWS = 512
"""Enough for the step's own memory to be large beside what else the process does."""


@pytest.mark.skipif(not CLEAR.exists(), reason="a process's peak is told by Linux only")
def test_a_steps_memory_is_predicted_within_a_tenth(config: RunConfig, tmp_path: Path) -> None:
    here = topology_named("cpu")
    planner = Planner(here, slice_devices(here), ReportCache(tmp_path), 0.5, lambda *_: None)
    work = planner.workload(config).sft_step(ROWS)
    predicted = planner.report(work)
    measured = measure_memory(work.trace())
    assert predicted.needed > 100 * 2**20
    assert predicted.needed == pytest.approx(measured.total, rel=0.1)
