"""`reasoning-train report`: one page that shows what training did."""

import argparse
import json
import signal
from pathlib import Path

from rich.console import Console

from reasoning_train.errors import UserError
from reasoning_train.loop.interruption import StoppedError

HELP = "one HTML page of a run, finished or not, or of several runs compared"
EPILOG = """\
examples:
  reasoning-train report runs/tiny-1
      writes runs/tiny-1/report.html: one file, opens offline
  reasoning-train report runs/tiny-1 --watch
      writes it again as the run goes on; the open page loads itself again
  reasoning-train report runs/tiny-1 runs/tiny-2 --out comparison.html
      curves over each other, settings that differ, paired tests on the same problems
  reasoning-train report runs/seed-0 runs/seed-1 runs/seed-2 --markdown card.md
      runs that differ only in their seed are pooled: means, and differences with intervals over
      seeds and problems; the same as Markdown, for a model card
  reasoning-train report runs
      writes runs/index.html: the runs of a folder with their figures
  reasoning-train report runs/tiny-1 --json
      warnings, figures and paired tests for machines

What is missing in a run is left out, what is damaged is passed over and counted on the page.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Give the parser its options."""
    parser.description = "Write one self-contained HTML page of a run, or of several compared."
    parser.epilog = EPILOG
    parser.add_argument("-h", "--help", action="help", help="show this")
    parser.add_argument(
        "runs",
        type=Path,
        nargs="+",
        metavar="RUN",
        help="a run directory, several to compare, or a folder of runs to list",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="the page (default: RUN/report.html; RUN/comparison.html in the first of several; "
        "index.html in a folder of runs)",
    )
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="also write figures and tests as Markdown"
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
    from reasoning_train.report.describe import as_dict, lines
    from reasoning_train.report.index import is_folder_of_runs
    from reasoning_train.report.markdown import as_markdown
    from reasoning_train.report.write import (
        Written,
        check_place,
        compare_runs,
        watch,
        write_whole,
    )

    roots = options.runs
    if len(roots) == 1 and is_folder_of_runs(roots[0]):
        _list_runs(options)
        return
    name = "comparison.html" if len(roots) > 1 else "report.html"
    out = options.out or roots[0] / name
    if options.markdown:
        check_place(options.markdown)
    console = Console()

    def tell(written: Written) -> None:
        if options.markdown:
            write_whole(options.markdown, as_markdown(written.report).encode("utf-8", "replace"))
        if options.json:
            print(json.dumps(as_dict(written)), flush=True)
            return
        for line in lines(written.report):
            console.print(line, highlight=False, soft_wrap=True, markup=False)
        for path in filter(None, (options.markdown, written.path)):
            console.print(f"report   {path}", highlight=False, soft_wrap=True, markup=False)

    if not options.watch:
        tell(compare_runs(roots, out))
        return
    try:
        for written in watch(roots, out, options.every):
            tell(written)
    except StoppedError as error:
        if error.signal != signal.SIGINT:
            raise


def _list_runs(options: argparse.Namespace) -> None:
    from reasoning_train.report.index import as_dicts, write_index

    for given, name in ((options.watch, "--watch"), (options.markdown, "--markdown")):
        if given:
            raise UserError(f"{name} is for runs; {str(options.runs[0])!r} is a folder of runs")
    root = options.runs[0]
    path, listed = write_index(root, options.out or root / "index.html")
    if options.json:
        print(json.dumps({"index": str(path), "runs": as_dicts(listed)}))
        return
    console = Console()
    for line in listed:
        figures = (
            f"{label} {value}"
            for label, value in (
                ("base", line.base), ("best", line.best), ("SFT", line.sft), ("GRPO", line.grpo),
            )
            if value
        )  # fmt: skip
        said = ", ".join(figures) or "no evaluation yet"
        serious = f"  {line.serious} SERIOUS" if line.serious else ""
        console.print(
            f"{line.name}: {said}{serious}", highlight=False, soft_wrap=True, markup=False
        )
    console.print(f"index    {path}", highlight=False, soft_wrap=True, markup=False)
