"""Access to files that may be gzip-compressed, whatever their names say."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from reasoning_data.errors import DataError
from reasoning_data.sources.files.raw_row import RawRow

MAGIC = b"\x1f\x8b"


def is_compressed(path: Path) -> bool:
    """Return whether a file starts like a gzip file, since a `.gz` may have been unpacked."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def open_plain(path: Path) -> BinaryIO:
    """Open a file for reading, decompressing it if necessary."""
    if is_compressed(path):
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def whole(path: Path, rows: Iterator[RawRow]) -> Iterator[RawRow]:
    """Yield the rows of a file, and raise if a compressed file is incomplete.

    Raises:
        DataError: The file is cut off or damaged; otherwise the missing rows would go unnoticed.
    """
    count = 0
    try:
        for row in rows:
            yield row
            count += 1
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        fault = "cut off" if isinstance(error, EOFError) else f"damaged ({error})"
        raise DataError(
            f"{path.name} is {fault} after row {count}; download it again, or keep what it holds: "
            f"zcat {path.name} > {path.name.removesuffix('.gz')}"
        ) from error
