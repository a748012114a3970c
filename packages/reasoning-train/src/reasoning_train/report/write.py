"""Atomic writing of the page, once or whenever the runs change."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reasoning_train.errors import UserError
from reasoning_train.report.load import RunView, load_run
from reasoning_train.report.page import Report, render_within

WATCHED = ("config.toml", "manifest.json", "state.json", "metrics.jsonl", "plan.json")
WATCHED_FOLDERS = ("evaluation", "rollouts", "data")


@dataclass(frozen=True, slots=True)
class Written:
    """Written page: its path, size in bytes, and content."""

    path: Path
    size: int
    report: Report


def write_report(run: str | os.PathLike[str], out: str | os.PathLike[str] | None = None) -> Path:
    """Write the page of one run and return its path.

    Args:
        run: The run directory.
        out: Path of the page; None for `report.html` in the run directory.

    Raises:
        UserError: The folder is not a run directory, or the page cannot be written.
    """
    return compare_runs([run], out or Path(run) / "report.html").path


def compare_runs(
    roots: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    reload_s: float | None = None,
) -> Written:
    """Write the page of one run, or a comparison of several.

    Args:
        roots: The run directories.
        out: Path of the page.
        reload_s: Seconds after which the page reloads itself; None if it does not.

    Raises:
        UserError: A folder is not a run directory or is given twice, or the page cannot be written.
    """
    report, page = render_within(_load([Path(root) for root in roots]), reload_s=reload_s)
    data = page.encode()
    write_whole(Path(out), data)
    return Written(Path(out), len(data), report)


def check_place(out: Path) -> None:
    """Check that a file can be written, as far as that can be known in advance.

    Raises:
        UserError: The path is a folder, or its parent does not exist.
    """
    if out.is_dir():
        raise UserError(f"{str(out)!r} is a folder; give the name of a file")
    if not out.parent.is_dir():
        raise UserError(
            f"cannot write {str(out)!r}: there is no folder {str(out.parent)!r}; create it first"
        )


def write_whole(out: Path, data: bytes) -> None:
    """Write a file atomically.

    Raises:
        UserError: The file cannot be written.
    """
    check_place(out)
    # A run that ends and a `--watch` may write the same page at the same time.
    beside = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        beside.write_bytes(data)
        beside.replace(out)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise UserError(f"cannot write {str(out)!r}: {error.strerror}") from error


def watch(
    roots: Sequence[Path],
    out: Path,
    every_s: float,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Written]:
    """Write the page whenever the runs have changed, until all of them are finished.

    The last page does not reload itself any more, even if the caller stops early.

    Args:
        roots: The run directories.
        out: Path of the page.
        every_s: Seconds between two checks, and between two reloads of the page.
        pause: Waits for that many seconds.

    Raises:
        UserError: A folder is not a run directory or is given twice, or the page cannot be written.
    """
    seen: object = None
    try:
        while True:
            now = _signature(roots)
            if now != seen:
                seen = now
                written = compare_runs(roots, out, reload_s=every_s)
                yield written
                if all(run.finished for run in written.report.runs):
                    return
            pause(every_s)
    finally:
        if seen is not None:
            compare_runs(roots, out)


def _load(roots: Sequence[Path]) -> list[RunView]:
    places = [root.resolve() for root in roots]
    twice = next(
        (r for r, place in zip(roots, places, strict=True) if places.count(place) > 1), None
    )
    if twice is not None:
        raise UserError(f"{str(twice)!r} is given twice; give every run once")
    names = [root.resolve().name for root in roots]
    if len(set(names)) < len(names):
        names = ["/".join(root.resolve().parts[-2:]) for root in roots]
    return [load_run(root, name) for root, name in zip(roots, names, strict=True)]


def _signature(roots: Sequence[Path]) -> object:
    """Return the times and sizes of the runs' files, which change as the runs continue."""
    paths = [root / name for root in roots for name in WATCHED]
    for root in roots:
        for folder in WATCHED_FOLDERS:
            paths += sorted((root / folder).glob("*"))
    return [
        (str(path), status.st_mtime_ns, status.st_size)
        for path in paths
        if path.is_file() and (status := path.stat())
    ]
