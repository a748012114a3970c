"""An export is written beside its folder and renamed when it has been verified."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reasoning_export.errors import ExportError


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """A new folder beside `out` that takes its name if the block ends well, and goes if not.

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
