"""`reasoning-train report`: one page that shows what training did."""

import argparse
import json
from pathlib import Path

from rich.console import Console

from reasoning_train.errors import UserError

HELP = "one HTML page of a run, finished or not, or of two runs compared"
EPILOG = """\
examples:
  reasoning-train report runs/tiny-1
      writes runs/tiny-1/report.html: one file, opens offline
  reasoning-train report runs/tiny-1 --watch
      writes it again as the run goes on; the open page loads itself again
  reasoning-train report runs/tiny-1 runs/tiny-2 --out comparison.html
      curves over each other, settings that differ, paired tests on the same problems
  reasoning-train report runs/tiny-1 --json
      warnings, figures and paired tests for machines

What is missing in a run is left out, what is damaged is passed over and counted on the page.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Give the parser its options."""
    parser.description = "Write one self-contained HTML page of a run, or of two compared."
    parser.epilog = EPILOG
    parser.add_argument("-h", "--help", action="help", help="show this")
    parser.add_argument("run", type=Path, metavar="RUN", help="a run directory")
    parser.add_argument(
        "other", type=Path, metavar="RUN_B", nargs="?", help="a second one to compare it with"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="the page (default: RUN/report.html; RUN/comparison.html for two runs)",
    )
    parser.add_argument(
        "--watch", action="store_true", help="write the page again until the run is finished"
    )
    parser.add_argument(
        "--every",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="how often --watch looks (default: 5)",
    )
    parser.add_argument("--json", action="store_true", help="print what the page says as JSON")


def execute(options: argparse.Namespace, rest: list[str]) -> None:
    """Write the page, and say where it is."""
    if rest:
        raise UserError(f"unknown argument {rest[0]!r} (see reasoning-train report --help)")
    if not options.every > 0:
        raise UserError(f"--every {options.every!r} is no time; give seconds above 0")
    from reasoning_train.report.describe import as_dict
    from reasoning_train.report.write import Written, compare_runs, watch

    roots = [options.run] + ([options.other] if options.other else [])
    name = "comparison.html" if options.other else "report.html"
    out = options.out or options.run / name
    console = Console()

    def tell(written: Written) -> None:
        if options.json:
            print(json.dumps(as_dict(written)), flush=True)
            return
        for finding in written.report.findings:
            console.print(
                f"{finding.level.value:<8} {finding.title}", highlight=False, markup=False
            )
        console.print(f"report   {written.path}", highlight=False, soft_wrap=True, markup=False)

    if not options.watch:
        tell(compare_runs(roots, out))
        return
    try:
        for written in watch(roots, out, options.every):
            tell(written)
    except KeyboardInterrupt:
        pass
