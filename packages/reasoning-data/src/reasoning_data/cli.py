"""Command line of `reasoning-data`: build, inspect and verify."""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from io import UnsupportedOperation
from typing import NoReturn

from reasoning_data.errors import DataError, Reason
from reasoning_data.sources.kinds import ALL_KINDS
from reasoning_data.splitting import Split

BUILD_EPILOG = f"""\
A source is KIND:LOCATION[,key=value...]. KIND is one of
  {", ".join(ALL_KINDS)}.
LOCATION is a file (JSONL, JSON, CSV, Parquet; .gz allowed), a folder, a hub data set, or - for
JSONL from standard input. Without KIND, the source is of kind rows, whose fields you name. Keys
are name, weight, split, limit, skip, license, config, hub_split, revision, seed, held_out, steps,
question, answer, rationale and id. arithmetic has no location: arithmetic:steps=1,limit=500.

examples:
  reasoning-data build gsm8k:train.jsonl --against gsm8k:test.jsonl -o data
  reasoning-data build gsm8k:train.jsonl,split=sft gsm8k:test.jsonl,split=eval -o data
  reasoning-data build gsm8k:openai/gsm8k,revision=COMMIT arithmetic,limit=5000,weight=0.5 -o data
  reasoning-data build rows:mine.csv,question=q,answer=a -o data
  zcat rows.jsonl.gz | reasoning-data build rows:- -o data
  reasoning-data build --config build.toml --overwrite

Rejected rows are listed in DIR/rejects.jsonl with the reason and the line they came from.
"""

INSPECT_EPILOG = """\
examples:
  reasoning-data inspect data
  reasoning-data inspect data --split grpo --rows 5 --start 100
  reasoning-data inspect data --tokenizer gemma-3-1b-it --html data.html
"""

VERIFY_EPILOG = """\
The exit code is 0 if every file matches the manifest, and 2 if not; rows that were changed,
removed or added are then named.

example:
  reasoning-data verify data
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    0: success, or the reader of the output closed the pipe. 2: wrong input, or a problem of the
    disk. 130: interrupted.
    """
    args = parser().parse_args(argv)
    # Imported late, so that --help and a usage error do not wait for numpy.
    from reasoning_data import commands

    command = {
        "build": commands.build_command,
        "inspect": commands.inspect_command,
        "verify": commands.verify_command,
    }[args.command]
    try:
        code = command(args)
        sys.stdout.flush()  # a full disk or a closed pipe shows here, not after the end
    except DataError as error:
        print(f"reasoning-data: {_one_line(str(error))}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        _discard_output()
        return 0
    except OSError as error:
        # A full disk or a folder without permission; what was there before is untouched.
        _discard_output()
        print(f"reasoning-data: {_one_line(str(error))}; nothing was changed", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("reasoning-data: interrupted; nothing was changed", file=sys.stderr)
        return 130
    return code


def _discard_output() -> None:
    """Redirect standard output to nowhere, so that the interpreter's last flush cannot fail."""
    with suppress(UnsupportedOperation):  # not a file, but something that Python put there
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _one_line(text: str) -> str:
    return " ".join(text.split())


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong, without the usage; the commands of `prog` inherit this."""
        print(f"reasoning-data: {_one_line(message)}; see {self.prog} --help", file=sys.stderr)
        raise SystemExit(2)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = _Parser(
        prog="reasoning-data",
        description="Reasoning data from raw rows to training files with a manifest.",
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {version('reasoning-data')}")
    commands = top.add_subparsers(dest="command", required=True)
    _add_build(commands)
    _add_inspect(commands)
    verify = _add(commands, "verify", "check a build against its manifest", VERIFY_EPILOG)
    verify.add_argument("folder", metavar="DIR", help="a build")
    verify.add_argument("--json", action="store_true", help="print the findings as JSON")
    return top


def _add(
    commands: "argparse._SubParsersAction[_Parser]", name: str, text: str, end: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        epilog=end,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_build(commands: "argparse._SubParsersAction[_Parser]") -> None:
    build = _add(commands, "build", "clean, split, mix and render sources", BUILD_EPILOG)
    build.add_argument("sources", nargs="*", metavar="SOURCE", help="see below")
    build.add_argument("-o", "--output", metavar="DIR", help="folder to write")
    build.add_argument(
        "--config", metavar="FILE", help="TOML file with these options; flags override it"
    )
    build.add_argument(
        "--overwrite", action="store_true", default=None, help="replace an existing build"
    )
    build.add_argument("--strict", action="store_true", default=None, help="stop at a bad row")
    build.add_argument("--json", action="store_true", help="print the manifest as JSON")
    build.add_argument(
        "--workers", type=int, help="number of processes, 0 for one per core (default 1)"
    )
    build.add_argument("--seed", type=int, help="seed of the splits and the mixture (default 0)")
    build.add_argument(
        "--held-out-seed", type=int, help="seed of what is held out (default: that of --seed)"
    )

    text = build.add_argument_group("rendering")
    text.add_argument("--style", help="gemma (default), gemma-pt (for pre-trained models) or bare")
    text.add_argument("--instructions", help="text before each question")
    text.add_argument(
        "--no-confidence", dest="confidence", action="store_false", default=None,
        help="do not ask for a confidence, nor demonstrate one",
    )  # fmt: skip
    text.add_argument(
        "--fractions", help="share of each split (default sft=0.45,grpo=0.45,eval=0.1)"
    )
    text.add_argument("--caps", help="most rows of each split, such as sft=2000,grpo=4000")
    text.add_argument("--format", help="file format: parquet (default) or jsonl")
    text.add_argument(
        "--no-messages", dest="messages", action="store_false", default=None,
        help="do not write the sft rows as chat messages",
    )  # fmt: skip

    rows = build.add_argument_group("fields of sources of the kind rows")
    for name in ("question", "answer", "rationale", "id"):
        rows.add_argument(
            f"--{name}-field",
            metavar="NAME",
            help=f"field with the {name}; a.b is field b of object a",
        )
    rows.add_argument("--license", help="licence of the rows, an SPDX name")
    rows.add_argument("--max-row-bytes", type=int, help="longest line read (default 1 MiB)")

    clean = build.add_argument_group("cleaning")
    clean.add_argument(
        "--against", action="append", default=[], metavar="SOURCE",
        help="evaluation set whose questions training rows must not repeat; repeatable",
    )  # fmt: skip
    clean.add_argument(
        "--ngram",
        type=int,
        help="consecutive shared words that count as contamination (default 13)",
    )
    clean.add_argument(
        "--near-threshold",
        type=float,
        metavar="J",
        help="similarity of near duplicates (default 0.7)",
    )
    clean.add_argument(
        "--ignore-numbers",
        action="store_true",
        help="treat questions that differ only in numbers as duplicates",
    )
    clean.add_argument(
        "--tokenizer", metavar="PATH", help="tokenizer folder or SentencePiece model"
    )
    clean.add_argument(
        "--max-prompt-tokens", type=int, metavar="N", help="longest prompt, including <bos>"
    )
    clean.add_argument(
        "--max-completion-tokens",
        type=int,
        metavar="N",
        help="longest completion, including the stop token",
    )
    reasons = ", ".join(Reason)
    clean.add_argument(
        "--report", action="append", default=[], metavar="REASON",
        help=f"keep such rows and list them in flags.jsonl; one of {reasons}",
    )  # fmt: skip
    clean.add_argument(
        "--drop", action="append", default=[], metavar="REASON", help="reject rows with this reason"
    )


def _add_inspect(commands: "argparse._SubParsersAction[_Parser]") -> None:
    text = "show rows as the model sees them, and the lengths of all rows"
    inspect = _add(commands, "inspect", text, INSPECT_EPILOG)
    inspect.add_argument("folder", metavar="DIR", help="a build")
    inspect.add_argument(
        "--split", default="sft", choices=list(Split), help="split to show (default sft)"
    )
    inspect.add_argument("-n", "--rows", type=int, default=3, help="number of rows (default 3)")
    inspect.add_argument("--start", type=int, default=1, help="first row, from 1 (default 1)")
    inspect.add_argument(
        "--tokenizer", default="", metavar="PATH", help="tokenizer folder or .model file"
    )
    inspect.add_argument("--html", metavar="FILE", help="write a self-contained HTML page instead")
    inspect.add_argument("--json", action="store_true", help="print rows and counts as JSON")


if __name__ == "__main__":
    sys.exit(main())
