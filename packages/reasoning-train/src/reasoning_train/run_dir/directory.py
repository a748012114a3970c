"""The run directory: everything a run leaves on disk, and the contract with `reasoning-export`."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reasoning_train.config import RunConfig, dump_toml, load_config
from reasoning_train.durable import read_json, write_json, write_text
from reasoning_train.errors import UserError

FORMAT = 1
LOCK = ".lock"
OWN_BEGINNINGS = {LOCK, ".config.toml.tmp"}
"""What a process that was killed before it had written `config.toml` leaves."""


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
    def clock(self) -> Path:
        return self.root / "clock.json"

    @property
    def log(self) -> Path:
        return self.root / "run.log"

    @property
    def metrics(self) -> Path:
        return self.root / "metrics.jsonl"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def held_out(self) -> Path:
        return self.root / "held_out"

    @property
    def samples(self) -> Path:
        return self.root / "samples"

    @property
    def pass_rates(self) -> Path:
        return self.root / "pass_rates.parquet"

    @property
    def sampling(self) -> Path:
        return self.root / "sampling.json"

    @property
    def own_traces(self) -> Path:
        return self.root / "own_traces.parquet"

    @property
    def rollouts(self) -> Path:
        return self.root / "rollouts"

    @property
    def tokens(self) -> Path:
        return self.root / "tokens.json"

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
    def evaluation_sets(self) -> Path:
        return self.evaluation / "sets"

    @property
    def export(self) -> Path:
        return self.root / "export"

    def read_state(self) -> State:
        """The state on disk, or that of a run which has not begun.

        Raises:
            UserError: It is damaged, and so is the one before.
        """
        return read_json(self.state, _state_of) or State()

    def write_state(self, state: State) -> None:
        """Replace the state in one move; the one before is kept beside it."""
        write_json(self.state, asdict(state), keep=True)

    def newest_step(self, stage: str) -> Path:
        """`model_params` of the newest checkpoint of `sft` or `actor`.

        Raises:
            UserError: If there is none.
        """
        folder = self.checkpoints / stage
        steps = [int(path.name) for path in numbered(folder) if is_whole(path)]
        if not steps:
            raise UserError(f"no checkpoint in {str(folder)!r}: that stage has not finished")
        return folder / str(max(steps)) / "model_params"


def numbered(folder: Path) -> list[Path]:
    """The checkpoints of a folder; an interrupted save, `N.orbax-checkpoint-tmp`, is none."""
    return [path for path in folder.glob("[0-9]*") if path.name.isdigit()]


def is_whole(checkpoint: Path) -> bool:
    """Whether a save has ended: Orbax gives the weights their name when they are written."""
    return (checkpoint / "model_params").is_dir()


def evaluation_files(run: RunDir, *names: str) -> list[Path]:
    """Summaries and predictions of evaluations, those with other prompts (`base-raw`) included.

    Of every held-out set.
    """
    folders = [run.evaluation, *sorted(run.evaluation_sets.glob("*"))]
    return [
        path
        for folder in folders
        for name in names
        for path in folder.glob(f"{name}[.-]*")
        if path.is_file()
    ]


def _state_of(values: dict[str, Any]) -> State:
    return State(**{**values, "done": tuple(values["done"])})


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
        write_text(run.config, dump_toml(config))
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
    if not root.is_dir() or RunDir(root).config.is_file():
        return
    if any(path.name not in OWN_BEGINNINGS for path in root.iterdir()):
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

    What was written here is removed if wrong input shows in the first stage, and the folders that
    were made here and are empty then: another run may have begun beside it meanwhile.

    Raises:
        UserError: As in `open_run` and `exclusive`.
    """
    check_root(root)
    made = _make_folders(root)
    run = RunDir(root)
    with exclusive(run):  # only its holder may write or remove anything
        new = not run.config.is_file()
        open_run(root, config)
        try:
            yield run
        except UserError:
            if new and not run.read_state().done:
                _empty(root)
                _remove_empty(made)
            raise


def _make_folders(root: Path) -> list[Path]:
    """Make a folder and those above it; the ones that this process made, innermost first."""
    made: list[Path] = []
    try:
        for path in reversed((root, *root.parents)):
            try:
                path.mkdir()
                made.insert(0, path)
            except FileExistsError:
                continue
            except OSError:
                if not path.is_dir():  # `/` of a read-only system is there all the same
                    raise
    except OSError as error:
        _remove_empty(made)
        raise UserError(f"cannot write to {str(root)!r}: {error.strerror}") from error
    return made


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


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
        UserError: If another process holds it or has just removed it, or if it cannot be locked.
    """
    path = run.root / LOCK
    try:
        file = path.open("a+")
    except OSError as error:
        raise UserError(f"cannot write to {str(run.root)!r}: {error.strerror}") from error
    with file as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"another process is running in {str(run.root)!r}") from error
        except OSError as error:
            raise UserError(
                f"the file system of {str(run.root)!r} cannot lock files ({error.strerror}), so "
                "two processes could spoil each other's run there: choose a --run-dir on a local "
                "disk"
            ) from error
        if not path.exists() or not os.path.samestat(path.stat(), os.fstat(lock.fileno())):
            raise UserError(f"another process has just removed {str(run.root)!r}: try again")
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
