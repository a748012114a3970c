"""Run a compiled function on this machine's CPU and see how much memory it takes.

The plan says what the compiler reserves; this is what the system hands out.
"""

import ctypes
import ctypes.util
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from reasoning_train.config import RunConfig
from reasoning_train.engine.step_functions import StepFunction
from reasoning_train.errors import UserError
from reasoning_train.plan.calibration import MemoryCheck
from reasoning_train.plan.planner import Planner

UPDATES = ("sft_step", "reference", "grpo_step")
RUNS = 3
"""Runs that are measured; the largest counts. On a busy machine what the run before has freed may
not be given back yet, and serves the next one unseen."""
M_MMAP_THRESHOLD = -3
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # proc_pid_clear_refs(5)


@dataclass(frozen=True, slots=True)
class MeasuredMemory:
    """Bytes while a function ran.

    Attributes:
        arguments: Of the arrays that it was given.
        within: Peak of the process's resident memory above what it was before.
    """

    arguments: int
    within: int

    @property
    def total(self) -> int:
        return self.arguments + self.within


def measure_updates(planner: Planner, config: RunConfig) -> list[MemoryCheck]:
    """The functions that update weights, as planned and as measured."""
    return [
        MemoryCheck(work.name, planner.report(work).needed, measure_memory(work.trace()).total)
        for work in planner.workload(config).functions()
        if work.name in UPDATES
    ]


def measure_memory(function: StepFunction) -> MeasuredMemory:
    """Compile for this CPU, run a few times, and measure the peak.

    Raises:
        UserError: If the system does not tell a process's peak: only Linux does.
    """
    if not CLEAR.exists():
        raise UserError("measuring memory needs Linux: it reads /proc/self")
    _serve_blocks_one_by_one()
    compiled = function.lowered.compile()
    for _ in range(2):  # what is made once and kept is no memory of the step
        args, kwargs = _ones(compiled)
        _wait(compiled(*args, **kwargs))
    size, within = 0, 0
    for _ in range(RUNS):
        args, kwargs = _ones(compiled)
        size = sum(x.nbytes for x in jax.tree.leaves((args, kwargs)))
        before = _resident("VmRSS")
        CLEAR.write_text(RESET_PEAK)
        _wait(compiled(*args, **kwargs))
        within = max(within, _resident("VmHWM") - before)
    return MeasuredMemory(size, within)


def _ones(compiled: Any) -> Any:
    """Arguments of the right shapes: rows full of a token that is not padding, so nothing of the
    head is passed over.
    """
    return _wait(jax.tree.map(lambda x: jnp.ones(x.shape, x.dtype), compiled.args_info))


def _wait(arrays: Any) -> Any:
    """The arrays, once they are made."""
    return jax.block_until_ready(arrays)  # type: ignore[no-untyped-call]


def _resident(name: str) -> int:
    match = re.search(rf"^{name}:\s+(\d+) kB", STATUS.read_text(), re.MULTILINE)
    if match is None:
        raise RuntimeError(f"no {name} in {STATUS}")
    return 1024 * int(match.group(1))


def _serve_blocks_one_by_one() -> None:
    """Have glibc give large blocks back when they are freed: none hides in what was there before.

    See mallopt(3): a threshold that was set no longer grows by itself.
    """
    library = ctypes.CDLL(ctypes.util.find_library("c"))
    if mallopt := getattr(library, "mallopt", None):
        mallopt(M_MMAP_THRESHOLD, 2**17)
        library.malloc_trim(0)
