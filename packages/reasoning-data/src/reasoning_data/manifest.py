"""What a build is: its files, counts, sources, configuration and versions, as `manifest.json`."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from reasoning_data.errors import DataError

FORMAT = 1
PACKAGES = ("reasoning-data", "reasoning-rewards", "datasets", "pyarrow", "numpy", "rensa")

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of the build: rows in it, its size in bytes and its SHA-256."""

    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """One input of the build.

    Attributes:
        name: The prefix of its rows' ids.
        kind: How its rows were read.
        location: File name (no folder), hub id or generator.
        revision: Commit of a hub data set; empty for files.
        sha256: SHA-256 of the file; empty for hub data sets, generators and problems in memory.
        license: Its licence.
        rows: Rows read from it, the rejected ones among them.
        weight: Its weight in the mixture.
    """

    name: str
    kind: str
    location: str
    revision: str
    sha256: str
    license: str
    rows: int
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Manifest:
    """A build's account of itself.

    Attributes:
        files: File name to its entry.
        splits: Rows of each split (`sft`, `grpo`, `eval`).
        steps: Rows left after each step, in order, as `(step, rows)`.
        rejected: Rows refused, by reason.
        flagged: Rows kept although a check that only reports found something, by reason.
        licenses: Rows of each licence among those written.
        sources: The inputs.
        config: Every option that has an influence on the bytes.
        statistics: Lengths and difficulty per split.
        versions: Packages that made the build.
        sha256: SHA-256 of `manifest.json` itself: one name for the whole build.
    """

    files: Mapping[str, FileEntry]
    splits: Mapping[str, int]
    steps: tuple[tuple[str, int], ...]
    rejected: Mapping[str, int]
    flagged: Mapping[str, int]
    licenses: Mapping[str, int]
    sources: tuple[SourceEntry, ...]
    config: Mapping[str, Any]
    statistics: Mapping[str, Any]
    versions: Mapping[str, str]
    sha256: str = ""


def write_manifest(manifest: Manifest, folder: Path) -> Manifest:
    """Write `manifest.json` and return the manifest with its own SHA-256."""
    content = asdict(manifest)
    del content["sha256"]
    data = json.dumps({"format": FORMAT, **content}, indent=1, ensure_ascii=False).encode() + b"\n"
    (folder / MANIFEST).write_bytes(data)
    return _from_bytes(data)


def read_manifest(folder: str | Path) -> Manifest:
    """The manifest of a build.

    Raises:
        DataError: The folder holds no build, or one of an unknown format.
    """
    path = Path(folder) / MANIFEST
    if not path.is_file():
        raise DataError(f"no build in {str(folder)!r}: it has no {MANIFEST}")
    return _from_bytes(path.read_bytes())


def _from_bytes(data: bytes) -> Manifest:
    try:
        content = json.loads(data)
        if content.pop("format") != FORMAT:
            raise DataError(f"{MANIFEST} is not of format {FORMAT}; build again")
        content["files"] = {name: FileEntry(**entry) for name, entry in content["files"].items()}
        content["sources"] = tuple(SourceEntry(**entry) for entry in content["sources"])
        content["steps"] = tuple((name, rows) for name, rows in content["steps"])
        return Manifest(**content, sha256=hashlib.sha256(data).hexdigest())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{MANIFEST} is damaged: {error}; build again") from error


def file_entry(path: Path, rows: int) -> FileEntry:
    """The entry of a written file."""
    return FileEntry(rows, path.stat().st_size, file_sha256(path))


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def package_versions() -> dict[str, str]:
    """Versions of the packages that have an influence on a build's bytes."""
    return {name: version(name) for name in PACKAGES}
