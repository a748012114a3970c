"""The run directory: everything a run leaves on disk, and the contract with `reasoning-export`."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reasoning_train.config import RunConfig, dump_toml, load_config
from reasoning_train.errors import UserError

FORMAT = 1


@dataclass(frozen=True, slots=True)
class State:
    """Where a run stands.

    Attributes:
        done: Names of the stages that are finished, in order.
        elapsed_s: Seconds used so far, over all processes.
        seed: The run's seed.
        steps: Updates made by each training stage.
        ended_s: Seconds used by the run when each finished stage ended.
    """

    done: tuple[str, ...] = ()
    elapsed_s: float = 0.0
    seed: int = 0
    steps: Mapping[str, int] = field(default_factory=dict)
    ended_s: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunDir:
    """Paths of a run directory."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "config.toml"

    @property
    def settings(self) -> Path:
        return self.root / "settings.jsonl"

    @property
    def manifest(self) -> Path:
        return self.root / "manifest.json"

    @property
    def state(self) -> Path:
        return self.root / "state.json"

    @property
    def metrics(self) -> Path:
        return self.root / "metrics.jsonl"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def rollouts(self) -> Path:
        return self.root / "rollouts"

    @property
    def tensorboard(self) -> Path:
        return self.root / "tensorboard"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    @property
    def evaluation(self) -> Path:
        return self.root / "evaluation"

    @property
    def export(self) -> Path:
        return self.root / "export"

    def read_state(self) -> State:
        """The state on disk, or that of a run which has not begun."""
        if not self.state.is_file():
            return State()
        values = json.loads(self.state.read_text())
        return State(**{**values, "done": tuple(values["done"])})

    def write_state(self, state: State) -> None:
        """Replace the state in one move."""
        write_json(self.state, asdict(state))

    def newest_step(self, stage: str) -> Path:
        """`model_params` of the newest checkpoint of `sft` or `actor`.

        Raises:
            UserError: If there is none.
        """
        folder = self.checkpoints / stage
        steps = [
            int(p.name)
            for p in folder.glob("[0-9]*")
            if p.name.isdigit() and (p / "model_params").is_dir()
        ]
        if not steps:
            raise UserError(f"no checkpoint in {str(folder)!r}: that stage has not finished")
        return folder / str(max(steps)) / "model_params"


def evaluation_files(run: RunDir, *names: str) -> list[Path]:
    """Summaries and predictions of evaluations, those with other prompts (`base-raw`) included."""
    return [p for name in names for p in run.evaluation.glob(f"{name}[.-]*") if p.is_file()]


def write_json(path: Path, value: Any) -> None:
    """Write JSON beside its place and move it there, so that a reader never sees half of it."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file beside its place and move it there, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def open_run(root: Path, config: RunConfig) -> RunDir:
    """Begin a run in an empty or missing folder, or continue the one that is there.

    Whether a run that is there may have these settings is for `settings_record` to say.

    Raises:
        UserError: If the folder holds other things.
    """
    run = RunDir(root)
    check_root(root)
    if run.config.is_file():
        return run
    try:
        root.mkdir(parents=True, exist_ok=True)
        run.config.write_text(dump_toml(config), encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write to {str(root)!r}: {error.strerror}") from error
    return run


def check_root(root: Path) -> None:
    """Refuse a folder that holds other things than a run.

    Raises:
        UserError: It does, or is a file.
    """
    if root.exists() and not root.is_dir():
        raise UserError(f"{str(root)!r} is a file; --run-dir needs a folder")
    if root.is_dir() and not RunDir(root).config.is_file() and any(root.iterdir()):
        raise UserError(f"{str(root)!r} is not empty and holds no run; choose another --run-dir")


def _has_settings(run: RunDir, config: RunConfig) -> bool:
    """Whether a run was begun with these settings; one that is newer than the run has its default.

    A setting that is not known any more makes it another run.
    """
    try:
        return load_config(file=run.config) == config
    except UserError:
        return False


@contextmanager
def begun(root: Path, config: RunConfig) -> Iterator[RunDir]:
    """Hold the run of a folder for this process, new or continued.

    A folder that was made here is removed if wrong input shows in the first stage, with those above
    it that were made for it and are empty: another run may have begun beside it meanwhile.

    Raises:
        UserError: As in `open_run` and `exclusive`.
    """
    missing = [path for path in (root, *root.parents) if not path.exists()]
    run = open_run(root, config)
    with exclusive(run):  # only its holder may remove the folder
        try:
            yield run
        except UserError:
            if missing and not run.read_state().done:
                shutil.rmtree(root)
                _remove_empty(missing[1:])
            raise


def _remove_empty(folders: Sequence[Path]) -> None:
    """Remove folders, innermost first, up to the first that holds something."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return


def default_root(parent: Path, preset: str, config: RunConfig) -> Path:
    """`parent/<preset>-<n>`: the newest run if it is unfinished and the same, else a new one."""
    numbered = sorted(
        (int(tail), path)
        for path in parent.glob(f"{preset}-*")
        if (tail := path.name.removeprefix(f"{preset}-")).isdigit()
    )
    if numbered:
        newest = RunDir(numbered[-1][1])
        same = newest.config.is_file() and _has_settings(newest, config)
        if same and "export" not in newest.read_state().done:
            return newest.root
    return parent / f"{preset}-{numbered[-1][0] + 1 if numbered else 1}"


@contextmanager
def exclusive(run: RunDir) -> Iterator[None]:
    """Hold the run directory for this process.

    Raises:
        UserError: If another process holds it.
    """
    with (run.root / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"another process is running in {str(run.root)!r}") from error
        lock.write(str(os.getpid()))
        lock.flush()
        yield
