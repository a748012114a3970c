"""Tables: rich on a terminal where rich is installed (extra `[cli]`), plain columns otherwise."""

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TextIO


def print_table(
    title: str, header: Sequence[str], rows: Sequence[Sequence[str]], file: TextIO | None = None
) -> None:
    """Print rows of text under a title and a header, to stdout unless a file is given."""
    file = file or sys.stdout
    if file.isatty() and find_spec("rich") is not None:
        _print_rich(title, header, rows, file)
        return
    widths = [max(len(row[n]) for row in (header, *rows)) for n in range(len(header))]
    print(title, file=file)
    for row in (header, *rows):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  " + line.rstrip(), file=file)


def _print_rich(
    title: str, header: Sequence[str], rows: Sequence[Sequence[str]], file: TextIO
) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*header, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    Console(file=file).print(table)
