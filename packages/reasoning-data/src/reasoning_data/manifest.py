"""Manifest of a build: its files, counts, sources, configuration and versions."""

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
    """File of a build: number of rows, size in bytes, and SHA-256."""

    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """Source of a build.

    Attributes:
        name: Prefix of the ids of its rows.
        kind: Kind of source, which decides how rows are read.
        location: File name (no folder), hub id or generator.
        revision: Commit of a hub data set; empty for files.
        sha256: SHA-256 of the file; empty for hub data sets, generators and problems in memory.
        license: Licence of the rows.
        rows: Number of rows read, including rejected ones.
        weight: Weight in the mixture.
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
    """Manifest of a build.

    Attributes:
        files: File name to its entry.
        splits: Number of rows of each split (`sft`, `grpo`, `eval`).
        steps: Rows left after each step, in order, as `(step, rows)`.
        rejected: Number of rejected rows by reason.
        flagged: Number of report-only findings on written rows by reason.
        licenses: Number of written rows by licence.
        sources: The sources.
        config: All options that influence the output.
        statistics: Lengths and difficulty by split.
        versions: Versions of the packages that made the build.
        sha256: SHA-256 of `manifest.json` itself, which identifies the build.
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
    """Read the manifest of a build.

    Raises:
        DataError: The folder is not a build, or its format is unknown.
    """
    path = Path(folder) / MANIFEST
    if not path.is_file():
        raise DataError(f"no build in {str(folder)!r}: {MANIFEST} is missing")
    return _from_bytes(path.read_bytes())


def _from_bytes(data: bytes) -> Manifest:
    try:
        content = json.loads(data)
        if content.pop("format") != FORMAT:
            raise DataError(f"{MANIFEST} is not in format {FORMAT}; build again")
        content["files"] = {name: FileEntry(**entry) for name, entry in content["files"].items()}
        content["sources"] = tuple(SourceEntry(**entry) for entry in content["sources"])
        content["steps"] = tuple((name, rows) for name, rows in content["steps"])
        return Manifest(**content, sha256=hashlib.sha256(data).hexdigest())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{MANIFEST} is damaged: {error}; build again") from error


def file_entry(path: Path, rows: int) -> FileEntry:
    """Return the manifest entry of a written file."""
    return FileEntry(rows, path.stat().st_size, file_sha256(path))


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def package_versions() -> dict[str, str]:
    """Return the versions of the packages that influence the output of a build."""
    return {name: version(name) for name in PACKAGES}
