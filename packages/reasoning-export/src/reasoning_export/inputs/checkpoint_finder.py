"""Finds the requested checkpoint of a run and checks that all of it can be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from reasoning_export.errors import ExportError

ACTOR, LATER, SFT = "actor", "after-best", "sft"
"""Folders of `checkpoints/`: GRPO's, those after the one that validation chose, and SFT's."""
METADATA = "_METADATA"


class Stage(StrEnum):
    """The training stage whose weights are requested."""

    BEST = "best"
    """GRPO's checkpoint that validation chose, else its last one; SFT's if there was no GRPO."""
    GRPO = "grpo"
    """GRPO's last one, whatever validation chose."""
    SFT = "sft"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request for a checkpoint.

    Attributes:
        stage: Whose.
        step: Of which step; the newest that is whole if None.
    """

    stage: Stage = Stage.BEST
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint of a run.

    Attributes:
        stage: `actor` or `sft`.
        step: Updates of that stage.
        path: Its `model_params` folder.
        passed_over: A line for each newer one that is damaged.
    """

    stage: str
    step: int
    path: Path
    passed_over: tuple[str, ...] = ()


def find_checkpoint(run: Path, wanted: Wanted | None = None) -> Checkpoint:
    """Find the requested checkpoint; if no step is given, the newest undamaged one.

    Reads every array of it once, for nothing else shows that a file is cut short.

    Raises:
        ExportError: There is none, the one asked for is damaged, or all are.
    """
    wanted = wanted or Wanted()
    found = _steps(run, wanted)
    if not found:
        place = "under checkpoints/actor or checkpoints/sft"
        if wanted.stage is not Stage.BEST:
            place = f"of {wanted.stage}"
        raise ExportError(
            f"{str(run)!r} has no checkpoint {place}; train until the first one is saved"
        )
    if wanted.step is not None:
        if wanted.step not in found:
            steps = ", ".join(map(str, sorted(found)))
            raise ExportError(f"{str(run)!r} has no step {wanted.step}; it has {steps}")
        found = {wanted.step: found[wanted.step]}
    passed_over: list[str] = []
    for step, (stage, path) in sorted(found.items(), reverse=True):
        fault = checkpoint_fault(path / "model_params")
        if fault is None:
            return Checkpoint(stage, step, path / "model_params", tuple(passed_over))
        passed_over.append(f"checkpoint {path.parent.name}/{step} is damaged ({fault})")
    raise ExportError(f"{passed_over[0]}{_instead(run, wanted, found)}")


def checkpoint_fault(path: Path) -> str | None:
    """The reason why a `model_params` folder cannot be read, in one line; None if it can.

    Raises:
        ExportError: It holds a link or a pipe, which is refused and not passed over.
    """
    from reasoning_export.inputs.checkpoint_reader import CheckpointReader

    if not (path / METADATA).is_file():
        return f"no finished Orbax checkpoint; it has no {METADATA}"
    for entry in path.rglob("*"):
        if entry.is_symlink() or not (entry.is_file() or entry.is_dir()):
            raise ExportError(f"{str(entry)!r} is neither a file nor a folder; refused")
    try:
        reader = CheckpointReader(path)
        for name in reader:
            reader[name]
    except (ExportError, ValueError, OSError) as error:
        # No path of this machine: cards and records repeat the line.
        text = str(error).removeprefix(f"cannot read {str(path.absolute())!r}: ")
        text = text.replace(f"{path.absolute()}", path.name).partition(" in OCDBT database")[0]
        return one_line(text) or type(error).__name__
    return None


def one_line(text: str, length: int = 120) -> str:
    """The first line of a message, shortened, without the stack of the library below."""
    text = next(iter(text.strip().splitlines()), "")
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _steps(run: Path, wanted: Wanted) -> dict[int, tuple[str, Path]]:
    """The stage and folder of every candidate checkpoint, by step."""
    folders: Sequence[str] = {
        Stage.BEST: (ACTOR,) if wanted.step is None else (LATER, ACTOR),
        Stage.GRPO: (LATER, ACTOR),
        Stage.SFT: (SFT,),
    }[wanted.stage]
    found: dict[int, tuple[str, Path]] = {}
    for name in folders:
        folder = run / "checkpoints" / name
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name.isdecimal() and path.is_dir():
                found[int(path.name)] = (SFT if name == SFT else ACTOR, path)
    if not found and wanted.stage is Stage.BEST:
        return _steps(run, Wanted(Stage.SFT, wanted.step))
    return found


def _instead(run: Path, wanted: Wanted, damaged: dict[int, tuple[str, Path]]) -> str:
    """Suggest an alternative to damaged checkpoints, as the end of a sentence."""
    others = [step for step in _steps(run, Wanted(wanted.stage, -1)) if step not in damaged]
    if others:
        return f"; there is also --step {max(others)}"
    if wanted.stage is not Stage.SFT and _steps(run, Wanted(Stage.SFT)):
        return "; no step before it is whole: --stage sft takes the weights before GRPO"
    return "; copy the run again, or train on: the same command goes on from what is whole"
