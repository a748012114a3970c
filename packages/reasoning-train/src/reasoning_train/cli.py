"""The command `reasoning-train`."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Protocol, cast

from reasoning_train.commands import ask, doctor, evaluate, plan, probe, report, run
from reasoning_train.errors import TrainingError, UserError, is_disk_full
from reasoning_train.loop.interruption import StoppedError

DESCRIPTION = "Teach a small Gemma to show its work: SFT, then GRPO, with Tunix."


class Command(Protocol):
    """What a module of `commands` offers."""

    HELP: str

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Set description, examples and options, `--help` included."""

    def execute(self, options: argparse.Namespace, rest: list[str]) -> None:
        """Do it. `rest` is what the parser did not know: settings, or a mistake."""


COMMANDS: dict[str, Command] = {
    name: cast(Command, module)
    for name, module in {
        "run": run,
        "plan": plan,
        "evaluate": evaluate,
        "report": report,
        "ask": ask,
        "probe": probe,
        "doctor": doctor,
    }.items()
}


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command. Exit codes: 0 done, 2 wrong input (one line), 1 anything else."""
    try:
        _dispatch(sys.argv[1:] if argv is None else list(argv))
        sys.stdout.flush()
    except UserError as error:
        _fail(str(error))
    except TrainingError as error:
        print(f"reasoning-train: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except StoppedError as error:
        print(f"\n{error}: the same command continues where it was", file=sys.stderr)
        sys.exit(128 + error.signal)
    except Exception as error:
        if not is_disk_full(error):
            raise
        place = getattr(error, "filename", None)
        disk = f"the disk of {str(place)!r}" if place else "the disk"
        _fail(f"no space left on {disk}: free some, then the same command continues where it was")


def _fail(message: str) -> None:
    print(f"reasoning-train: {message}", file=sys.stderr)
    sys.exit(2)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise UserError(f"{message} (see {self.prog} --help)")


def _dispatch(argv: list[str]) -> None:
    parser = _Parser(prog="reasoning-train", description=DESCRIPTION, allow_abbrev=False)
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {version('reasoning-train')}"
    )
    subparsers = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    for name, command in COMMANDS.items():
        command.configure(
            subparsers.add_parser(
                name,
                help=command.HELP,
                formatter_class=argparse.RawDescriptionHelpFormatter,
                allow_abbrev=False,
                add_help=False,
            )
        )
    options, rest = parser.parse_known_args(argv)
    COMMANDS[options.command].execute(options, rest)
