"""TensorBoard event files, one folder per stage, for `tensorboard --logdir RUN/tensorboard`."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from tensorboardX import SummaryWriter  # type: ignore[import-untyped]

from reasoning_train.run_dir.metrics import StepLine
from reasoning_train.tracking.sink import Sink

FLUSH_S = 10


class TensorBoard(Sink):
    """Tracker that writes event files to `<folder>/<stage>`.

    When a stage resumes, its events are rewritten from `metrics.jsonl`, so that no step appears
    twice and no step that a killed process had not flushed is missing.

    Args:
        folder: `tensorboard/` in the run directory.
        seconds_used: Seconds used by earlier processes of the run, by which their points are dated
            back.
    """

    def __init__(self, folder: Path, seconds_used: float) -> None:
        self._folder = folder
        self._begun = time.time() - seconds_used
        self._writers: dict[str, SummaryWriter] = {}

    def begin(self, stage: str, logged: Sequence[StepLine], start: int) -> None:
        if stage in self._writers:  # the stage was rolled back to an earlier checkpoint
            self._writers[stage].close()
        shutil.rmtree(self._folder / stage, ignore_errors=True)
        # `purge_step` makes an open TensorBoard discard the steps that it has read.
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
