"""Paths, state and lock of the run directory, which `reasoning-export` reads too."""

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
"""Files left by a process that was killed before it had written `config.toml`."""


@dataclass(frozen=True, slots=True)
class State:
    """Progress of a run.

    Attributes:
        done: Names of the finished stages, in order.
        elapsed_s: Seconds used so far, over all processes.
        seed: Seed of the run.
        steps: Number of updates of each training stage.
        ended_s: Value of `elapsed_s` at the end of each finished stage.
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
    def judge_cache(self) -> Path:
        return self.root / "judge.sqlite"

    @property
    def judge_counts(self) -> Path:
        return self.root / "judge.json"

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
        """Read the state; the default if the run has not begun.

        Raises:
            UserError: The file is damaged, and so is the copy of its previous content.
        """
        return read_json(self.state, _state_of) or State()

    def write_state(self, state: State) -> None:
        """Replace the state atomically, keeping a copy of the previous one."""
        write_json(self.state, asdict(state), keep=True)

    def newest_step(self, stage: str) -> Path:
        """Return `model_params` of the newest complete checkpoint.

        Args:
            stage: Folder of the checkpoints, `sft` or `actor` (GRPO).

        Raises:
            UserError: There is no complete checkpoint.
        """
        folder = self.checkpoints / stage
        steps = [int(path.name) for path in numbered(folder) if is_whole(path)]
        if not steps:
            raise UserError(
                f"no checkpoint in {str(folder)!r}: that stage has not finished; resume the run "
                "first"
            )
        return folder / str(max(steps)) / "model_params"


def numbered(folder: Path) -> list[Path]:
    """Return the checkpoints of a folder, without interrupted saves (`N.orbax-checkpoint-tmp`)."""
    return [path for path in folder.glob("[0-9]*") if path.name.isdigit()]


def is_whole(checkpoint: Path) -> bool:
    """Return whether a checkpoint is complete; Orbax renames the weights once they are written."""
    return (checkpoint / "model_params").is_dir()


def evaluation_files(run: RunDir, *names: str) -> list[Path]:
    """Return the summaries and predictions of evaluations on all held-out sets.

    Evaluations with other prompts, such as `base-raw` for `base`, are included.

    Args:
        run: Run directory.
        names: Names of the evaluations, such as `base`.
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
    """Begin a run in an empty or missing folder, or open an existing one.

    `settings_record` checks whether an existing run may have these settings.

    Raises:
        UserError: The folder holds other files, or cannot be written to.
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
    """Check that a path is a run directory, or free for a new one.

    Raises:
        UserError: The path is a file, or a folder with other files than those of a run.
    """
    if root.exists() and not root.is_dir():
        raise UserError(f"{str(root)!r} is a file; give --run-dir a folder")
    if not root.is_dir() or RunDir(root).config.is_file():
        return
    if any(path.name not in OWN_BEGINNINGS for path in root.iterdir()):
        raise UserError(
            f"{str(root)!r} is not empty and not a run directory; choose another --run-dir"
        )


def _has_settings(run: RunDir, config: RunConfig) -> bool:
    """Return whether a run has these settings.

    Settings that were added since the run began count as having their defaults. A run with a
    setting that no longer exists is a different run.
    """
    try:
        return load_config(file=run.config) == config
    except UserError:
        return False


@contextmanager
def begun(root: Path, config: RunConfig) -> Iterator[RunDir]:
    """Open a new or existing run, locked for this process during the block.

    If a new run fails with a `UserError` in its first stage, its files are removed, and so are the
    folders made for it, unless another run has begun in them meanwhile.

    Args:
        root: Run directory.
        config: Configuration of a new run.

    Raises:
        UserError: The folder holds other files, cannot be written to or locked, or is used by
            another process.
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
    """Make a folder and its parents, and return those that were missing, innermost first."""
    made: list[Path] = []
    try:
        for path in reversed((root, *root.parents)):
            try:
                path.mkdir()
                made.insert(0, path)
            except FileExistsError:
                continue
            except OSError:
                if not path.is_dir():  # on a read-only system, mkdir fails for an existing `/` too
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
    """Remove folders, innermost first, up to the first that is not empty."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return


def default_root(parent: Path, preset: str, config: RunConfig) -> Path:
    """Return `parent/<preset>-<n>`: the newest run to resume, or a new one.

    The newest run is resumed if it is unfinished and has the same settings.

    Args:
        parent: Folder of the runs.
        preset: Name of the preset, or another beginning of the folder's name.
        config: Configuration of the run.
    """
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
    """Lock the run directory for this process during the block.

    Raises:
        UserError: Another process holds the lock or has just removed the folder, or the file system
            does not support locks.
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
            raise UserError(
                f"another process is running in {str(run.root)!r}; wait for it, or choose another "
                "--run-dir"
            ) from error
        except OSError as error:
            raise UserError(
                f"the file system of {str(run.root)!r} does not support file locks "
                f"({error.strerror}), so two processes could damage each other's run there; choose "
                "a --run-dir on a local disk"
            ) from error
        if not path.exists() or not os.path.samestat(path.stat(), os.fstat(lock.fileno())):
            raise UserError(f"another process has just removed {str(run.root)!r}: try again")
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
