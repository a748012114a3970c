"""What the compiler reserves is what a step takes: on this machine's CPU, for real."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from reasoning_train.config import RunConfig
from reasoning_train.plan.measure import CLEAR

ROWS = 512
"""Enough for the step's own memory to be large beside what else the process does."""


MEASURE = """
import json, sys
from pathlib import Path

from reasoning_train.config import RunConfig
from reasoning_train.plan.cache import ReportCache
from reasoning_train.plan.measure import measure_memory
from reasoning_train.plan.planner import Planner
from reasoning_train.plan.topology import slice_devices, topology_named

config, cache, rows = RunConfig.model_validate_json(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
here = topology_named("cpu")
planner = Planner(here, slice_devices(here), ReportCache(cache), 0.5, lambda *_: None)
work = planner.workload(config).sft_step(int(rows))
needed = planner.report(work).needed
print(json.dumps([needed, measure_memory(work.trace()).total]))
"""


@pytest.mark.skipif(not CLEAR.exists(), reason="a process's peak is told by Linux only")
def test_a_steps_memory_is_predicted_within_a_tenth(config: RunConfig, tmp_path: Path) -> None:
    """In a process of its own: what other tests freed would serve the step unseen."""
    script = [sys.executable, "-c", MEASURE, config.model_dump_json(), str(tmp_path), str(ROWS)]
    result = subprocess.run(script, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    needed, measured = json.loads(result.stdout)
    assert needed > 100 * 2**20
    assert needed == pytest.approx(measured, rel=0.1)
