"""`reasoning-train doctor`: will a run work on this machine?"""

import argparse
import json
import sys
from dataclasses import asdict

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reasoning_train.console.logs import log_to_screen
from reasoning_train.errors import UserError

HELP = "check versions, devices, memory, disk and credentials"
EPILOG = """\
examples:
  reasoning-train doctor
  reasoning-train doctor --json

Exit code 1 if something is missing that every run needs.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Give the parser its options."""
    parser.description = "One table: what is there, or what to do."
    parser.epilog = EPILOG
    parser.add_argument("-h", "--help", action="help", help="show this")
    parser.add_argument("--json", action="store_true", help="print a JSON list of the checks")


def execute(options: argparse.Namespace, rest: list[str]) -> None:
    """Check and print."""
    if rest:
        raise UserError(f"unknown argument {rest[0]!r}; see reasoning-train doctor --help")
    log_to_screen()
    from reasoning_train.commands.checks import Verdict, examine

    checks = examine()
    if options.json:
        print(json.dumps([asdict(check) for check in checks], ensure_ascii=False))
    else:
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
        for heading in ("", "what", "found", "to do"):
            table.add_column(heading, overflow="fold")
        for check in checks:
            table.add_row(check.verdict.value, check.name, escape(check.found), escape(check.to_do))
        Console().print(table, highlight=False)
    if any(check.verdict is Verdict.WRONG for check in checks):
        sys.exit(1)
