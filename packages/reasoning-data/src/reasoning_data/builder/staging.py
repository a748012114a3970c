"""Staged output: a build is written beside its folder and renamed when it is complete."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reasoning_data.errors import DataError
from reasoning_data.manifest import MANIFEST


@contextmanager
def staged_folder(output: Path, *, overwrite: bool) -> Iterator[Path]:
    """Yield a new folder that replaces `output` if the block succeeds and is deleted if it fails.

    Raises:
        DataError: `output` holds a build and `overwrite` is not set, or it holds something other
            than a build, which is never replaced.
    """
    check_output(output, overwrite=overwrite)
    output = output.absolute()
    output.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{output.name}.building-", dir=output.parent))
    try:
        yield staging
        staging.chmod(0o777 & ~_umask())
        # Again, as another build may have ended meanwhile.
        check_output(output, overwrite=overwrite)
        _replace(output, staging)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def check_output(output: Path, *, overwrite: bool) -> None:
    """Raise if the folder must not be replaced; see `staged_folder`."""
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return
    if not (output / MANIFEST).is_file():
        raise DataError(f"{str(output)!r} exists and is not a build; choose another output")
    if not overwrite:
        raise DataError(f"{str(output)!r} already holds a build; choose another, or overwrite it")


def _replace(output: Path, staging: Path) -> None:
    if not output.exists():
        staging.rename(output)
        return
    old = staging.with_name(staging.name.replace(".building-", ".old-"))
    output.rename(old)
    staging.rename(output)
    shutil.rmtree(old)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
