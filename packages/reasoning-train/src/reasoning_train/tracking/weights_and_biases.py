"""Weights & Biases tracker, which needs the package `wandb` and is enabled by `track.wandb`.

The environment variables of `wandb` apply: `WANDB_MODE=offline`, `WANDB_API_KEY`, `WANDB_ENTITY`, …
"""

import secrets
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from reasoning_train.config import RunConfig
from reasoning_train.durable import read_json, write_json
from reasoning_train.errors import UserError
from reasoning_train.extras import how_to_install
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.run_dir.metrics import StepLine
from reasoning_train.tracking.sink import Sink


def check_installed() -> ModuleType:
    """Return the module `wandb`.

    Raises:
        UserError: `wandb` is not installed.
    """
    try:
        return import_module("wandb")
    except ImportError as error:
        raise UserError(
            f"track.wandb needs the package wandb ({error}): {how_to_install('wandb')}, "
            "or leave --track.wandb out"
        ) from error


class WeightsAndBiases(Sink):
    """Tracker that sends a run directory, with all its processes, as one run.

    Steps repeated after a resume are not sent again, because lines that were sent cannot be
    replaced.

    Args:
        config: Configuration to send with the run.
        run: Run directory, in which `wandb` keeps its files under `wandb/`.

    Raises:
        UserError: `wandb` is not installed or cannot start.
    """

    def __init__(self, config: RunConfig, run: RunDir) -> None:
        wandb = check_installed()
        try:
            self._run: Any = wandb.init(
                project=config.track.wandb_project,
                name=run.root.resolve().name,
                id=_identity(run.root / "wandb" / "run-id.json"),
                resume="allow",
                dir=str(run.root),
                config=config.model_dump(),
                settings=wandb.Settings(silent=True, console="off"),
            )
        except wandb.errors.Error as error:
            raise UserError(
                f"Weights & Biases cannot start: {str(error).splitlines()[0]}; log in with "
                "`wandb login`, set WANDB_MODE=offline, or leave --track.wandb out"
            ) from error
        self._directory = run
        self._before = 0
        self._sent = 0

    def begin(self, stage: str, logged: Sequence[StepLine], start: int) -> None:
        self._run.define_metric(f"{stage}/*", step_metric=f"{stage}/step")
        self._before = sum(self._directory.read_state().steps.values())
        self._sent = max((line.step for line in logged), default=0)

    def write(self, line: StepLine) -> None:
        if line.step <= self._sent:
            return
        values = {"step": line.step, "elapsed_s": line.elapsed_s, **line.values}
        values |= {f"machine/{name}": value for name, value in line.machine.items()}
        # Counted over all stages here, because `wandb` restarts its count in each offline process.
        self._run.log(
            {f"{line.stage}/{name}": value for name, value in values.items()},
            step=self._before + line.step,
        )

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._run.finish(exit_code=0 if kind is None else 1)


def _identity(path: Path) -> str:
    """Return the run's id at Weights & Biases, creating and storing it on the first call."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = read_json(path, str)
    if found is None:
        found = secrets.token_hex(4)
        write_json(path, found)
    return found
