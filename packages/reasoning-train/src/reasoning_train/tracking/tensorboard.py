"""Event files for TensorBoard, a folder for each stage: `tensorboard --logdir RUN/tensorboard`."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from tensorboardX import SummaryWriter  # type: ignore[import-untyped]

from reasoning_train.run_dir.metrics import StepLine
from reasoning_train.tracking.sink import Sink

FLUSH_S = 10


class TensorBoard(Sink):
    """Writes `<folder>/<stage>`.

    When a stage goes on, its events are written anew from `metrics.jsonl`, so that no step is there
    twice and what a killed process had not written is not missing.

    Args:
        folder: Of the run.
        seconds_used: By the run before this process: its points lie so far back in time.
    """

    def __init__(self, folder: Path, seconds_used: float) -> None:
        self._folder = folder
        self._begun = time.time() - seconds_used
        self._writers: dict[str, SummaryWriter] = {}

    def begin(self, stage: str, logged: Sequence[StepLine], start: int) -> None:
        if stage in self._writers:  # the stage went back to an earlier checkpoint
            self._writers[stage].close()
        shutil.rmtree(self._folder / stage, ignore_errors=True)
        # A TensorBoard that is open forgets the steps that it had read.
        self._writers[stage] = SummaryWriter(
            str(self._folder / stage), purge_step=1, flush_secs=FLUSH_S
        )
        for line in logged:
            if line.step <= start:
                self.write(line)

    def write(self, line: StepLine) -> None:
        writer = self._writers[line.stage]
        machine = {f"machine/{name}": value for name, value in line.machine.items()}
        for name, value in {**line.values, **machine}.items():
            writer.add_scalar(name, value, line.step, walltime=self._begun + line.elapsed_s)

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        for writer in self._writers.values():
            writer.close()
