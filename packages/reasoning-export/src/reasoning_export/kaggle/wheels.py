"""Collects the project's wheels and records the commit they were built from."""

import shutil
import subprocess
import zipfile
from email.parser import HeaderParser
from pathlib import Path

from reasoning_export.errors import ExportError
from reasoning_export.files import check_digests, file_sha256, plain_name, read_json, write_json

PACKAGES = ("reasoning-rewards", "reasoning-data", "reasoning-train", "reasoning-export")
RECORD = "wheels.json"
"""`{"git_commit": …, "clean": …, "sha256": {file: …}}`"""
ANY_PLATFORM = "-py3-none-any.whl"


def collect_wheels(folder: Path, source: Path, repository: Path) -> bool:
    """Copy one wheel of each of our packages and write their record.

    Args:
        folder: Where to; it is made.
        source: Folder of wheels; whatever else lies there is left.
        repository: The checkout they were built from.

    Returns:
        Whether the checkout's files are those of its commit.

    Raises:
        ExportError: A wheel is missing, double, broken or bound to one kind of machine.
    """
    found: dict[str, Path] = {}
    for path in sorted(source.glob("reasoning_*.whl")):
        name = wheel_name(path)
        if name in found:
            raise ExportError(f"{str(source)!r} holds {found[name].name!r} and {path.name!r}")
        found[name] = path
    if missing := [name for name in PACKAGES if name not in found]:
        raise ExportError(f"{str(source)!r} has no wheel of {missing[0]}")
    folder.mkdir()
    digests = {}
    for name in PACKAGES:
        shutil.copyfile(found[name], folder / found[name].name)
        digests[found[name].name] = file_sha256(found[name])
    commit, clean = _commit(repository)
    write_json(folder / RECORD, {"git_commit": commit, "clean": clean, "sha256": digests})
    return clean


def check_wheels(folder: Path, *, beside: str) -> str:
    """Check a folder of wheels against its record.

    Args:
        folder: Made by `collect_wheels`.
        beside: A file that may be there too.

    Returns:
        What was found, in words.

    Raises:
        ExportError: A wheel is missing or has changed, or something else lies there.
    """
    record = read_json(folder / RECORD, "the record of the wheels")
    table = record.get("sha256")
    if not isinstance(table, dict) or not table:
        raise ExportError(f"{RECORD} lists no wheels")
    digests = {plain_name(name, RECORD): str(digest) for name, digest in table.items()}
    check_digests(folder, digests, RECORD)
    if odd := {path.name for path in folder.iterdir()} - {beside, RECORD, *digests}:
        raise ExportError(f"{str(folder)!r} holds {min(odd)!r}, which {RECORD} does not list")
    return f"{len(digests)} wheels of commit {record.get('git_commit')}"


def build_wheels(repository: Path, folder: Path) -> Path:
    """Build a wheel of every package of a checkout into `folder`.

    Raises:
        ExportError: uv is missing, or a package cannot be built.
    """
    uv = shutil.which("uv")
    if uv is None:
        raise ExportError("building wheels needs uv; pip install uv, or give --wheels")
    for name in PACKAGES:
        command = [uv, "build", "-q", "--wheel", "--no-sources", "--package", name]
        command += ["--out-dir", str(folder)]
        done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise ExportError(f"uv cannot build {name} in {str(repository)!r}: {reason}")
    return folder


def wheel_name(path: Path) -> str:
    """The name of the package in a wheel.

    Raises:
        ExportError: It is no wheel, or runs on one kind of machine only.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
            text = archive.read(names[0]).decode("utf-8") if len(names) == 1 else ""
    except (zipfile.BadZipFile, OSError, UnicodeDecodeError) as error:
        raise ExportError(f"{str(path)!r} is no wheel: {error}") from None
    name = HeaderParser().parsestr(text).get("Name")
    if not name:
        raise ExportError(f"{str(path)!r} is no wheel: its metadata names no package")
    if not path.name.endswith(ANY_PLATFORM):
        raise ExportError(f"{path.name!r} must end in {ANY_PLATFORM}: Kaggle's Python is another")
    return str(name)


def _commit(repository: Path) -> tuple[str | None, bool]:
    """The commit of a checkout, and whether its packages and notebooks are as committed."""

    def git(*arguments: str) -> str | None:
        command = ["git", "-C", str(repository), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return None if done.returncode else done.stdout.strip()

    return git("rev-parse", "HEAD"), git("status", "--porcelain", "packages", "notebooks") == ""
