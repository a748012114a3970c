"""Files that may be compressed with gzip, whatever their name says."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from reasoning_data.errors import DataError
from reasoning_data.sources.files.raw_row import RawRow

MAGIC = b"\x1f\x8b"


def is_compressed(path: Path) -> bool:
    """Whether a file begins as gzip files do; a browser may have unpacked what is named `.gz`."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def open_plain(path: Path) -> BinaryIO:
    """A file's content, unpacked where it is compressed."""
    if is_compressed(path):
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def whole(path: Path, rows: Iterator[RawRow]) -> Iterator[RawRow]:
    """The rows of a file; a compressed one must be whole.

    Raises:
        DataError: It is cut off or damaged. What is missing would be missing without a word.
    """
    count = 0
    try:
        for row in rows:
            yield row
            count += 1
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        fault = "cut off" if isinstance(error, EOFError) else f"damaged ({error})"
        raise DataError(
            f"{path.name} is {fault} behind row {count}; fetch it again, or keep what there is: "
            f"zcat {path.name} > {path.name.removesuffix('.gz')}"
        ) from error
