"""Verification of a build against its manifest."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from reasoning_data.builder.writing import DIGESTS, row_digest
from reasoning_data.errors import DataError
from reasoning_data.inspect.read_build import iter_records
from reasoning_data.manifest import file_sha256, read_manifest

MAX_FINDINGS = 20


def verify(folder: str | Path) -> list[str]:
    """List the differences between a build and its manifest, one line each; empty if it is intact.

    Files are compared by SHA-256. The rows of a changed data file are compared with
    `digests.parquet`, and the first rows that were changed, removed or added are named.

    Raises:
        DataError: The folder is not a build.
    """
    folder = Path(folder)
    findings: list[str] = []
    files = read_manifest(folder).files
    changed = []
    for name, entry in files.items():
        path = folder / name
        if not path.is_file():
            findings.append(f"{name}: missing")
        elif file_sha256(path) != entry.sha256:
            changed.append(name)
    known = set(files) | {"manifest.json"}
    findings += [
        f"{p.name}: not in the manifest" for p in sorted(folder.iterdir()) if p.name not in known
    ]
    for name in changed:
        findings += _compare(folder, name, digests_intact=DIGESTS not in changed)
    return findings


def _compare(folder: Path, name: str, *, digests_intact: bool) -> list[str]:
    line = f"{name}: its SHA-256 is not the manifest's"
    if name == DIGESTS or not (folder / DIGESTS).is_file():
        return [line]
    hint = "" if digests_intact else " (according to digests that were changed too)"
    try:
        rows = [line, *(f"{name}: {text}{hint}" for text in _row_findings(folder, name))]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{line}, and it cannot be read: {error}"]
    return rows if len(rows) > 1 else [f"{line}; no row differs, only the file does"]


def _row_findings(folder: Path, name: str) -> Iterator[str]:
    expected = [(d["id"], d["digest"]) for d in iter_records(folder / DIGESTS) if d["file"] == name]
    if not expected:
        return
    found = [(str(row["id"]), row_digest(row)) for row in iter_records(folder / name)]
    if found == expected:
        return
    ids, wanted = dict(found), dict(expected)
    texts = [f"row {i!r} was changed" for i, digest in expected if i in ids and ids[i] != digest]
    texts += [f"row {i!r} was removed" for i, _ in expected if i not in ids]
    texts += [f"row {i!r} was added" for i, _ in found if i not in wanted]
    if not texts:
        moved = next(i for i, (a, b) in enumerate(zip_longest(found, expected)) if a != b)
        texts = [f"the order of the rows differs from row {moved + 1} on"]
    yield from texts[:MAX_FINDINGS]
    if len(texts) > MAX_FINDINGS:
        yield f"and {len(texts) - MAX_FINDINGS} more rows"


def check_build(folder: str | Path) -> None:
    """Raise if `verify` finds a difference.

    Raises:
        DataError: The first difference.
    """
    findings = verify(folder)
    if findings:
        raise DataError(f"{str(folder)!r} is not what its manifest says: {findings[0]}")
