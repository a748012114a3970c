"""Files on disk: SHA-256, JSON, safe names, and folders that appear only once complete."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reasoning_export.errors import ExportError

MAX_NAME, MAX_PATH = 200, 1000
"""Limits on the characters of a file name and of a path, below those of file systems."""


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, computed in chunks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_files(folder: Path) -> dict[str, dict[str, Any]]:
    """The SHA-256 and size of every file below a folder, by relative path in sorted order."""
    return {
        path.relative_to(folder).as_posix(): {
            "sha256": file_sha256(path),
            "bytes": path.stat().st_size,
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def folder_sha256(folder: Path) -> str:
    """A single SHA-256 for a folder, computed from those of its files."""
    return table_sha256({name: entry["sha256"] for name, entry in folder_files(folder).items()})


def table_sha256(digests: Mapping[str, str]) -> str:
    """A single SHA-256 for several files, computed over sorted lines `<sha256>  <name>`."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def check_digests(folder: Path, expected: Mapping[str, str], where: str) -> None:
    """Check that the files of a folder have the expected SHA-256.

    Raises:
        ExportError: A file is missing or has changed.
    """
    for name, digest in expected.items():
        path = folder / name
        if not path.is_file():
            raise ExportError(f"{str(folder)!r} lacks {name!r}, which {where} lists")
        if (found := file_sha256(path)) != digest:
            raise ExportError(
                f"{str(path)!r} has changed: its SHA-256 is {found[:12]}…, "
                f"{where} says {digest[:12]}…"
            )


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Yield a temporary folder; rename it to `out` on success and delete it on failure.

    Raises:
        ExportError: `out` exists and is not an empty folder.
    """
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise ExportError(f"{str(out)!r} exists and is no folder; choose another")
    if out.is_dir() and any(out.iterdir()):
        raise ExportError(f"{str(out)!r} is not empty; choose another folder, or empty it")
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        staging.chmod(0o755)
        yield staging
        staging.rename(out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def read_json(path: Path, what: str) -> dict[str, Any]:
    """Read a JSON object from a file.

    Raises:
        ExportError: The file is missing or holds something else.
    """
    if not path.is_file():
        raise ExportError(f"{str(path)!r} is missing; it should be {what}")
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{str(path)!r} is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise ExportError(f"{str(path)!r} is no JSON object")
    return value


def plain_name(name: object, where: str) -> str:
    """Return a file name after checking that it cannot leave its folder.

    Raises:
        ExportError: It is a path, hidden, or no text.
    """
    if not isinstance(name, str) or "/" in name or name[:1] == "." or not is_inner_path(name):
        raise ExportError(f"{where}: {name!r} must be the name of a file in the same folder")
    return name


def is_inner_path(name: str) -> bool:
    """Whether a `/`-separated path stays below its folder and is valid as a file name."""
    parts = name.split("/")
    return (
        name.isprintable()
        and "\\" not in name
        and len(name) <= MAX_PATH
        and all(part not in ("", ".", "..") and len(part) <= MAX_NAME for part in parts)
    )


def write_json(path: Path, value: object) -> None:
    """Write a value as indented JSON that ends in a newline."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
