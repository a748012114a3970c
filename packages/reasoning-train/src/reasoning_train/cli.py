"""The command `reasoning-train`."""

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from reasoning_train.config import RunConfig, load_config, preset_names
from reasoning_train.config.load import flags_help
from reasoning_train.errors import UserError

DESCRIPTION = "Teach a small Gemma to show its work: SFT, then GRPO, with Tunix."
RUN_EPILOG = """\
examples:
  reasoning-train run
      a tiny Gemma 3 on generated word problems: minutes on two cores
  reasoning-train run --seed 3 --grpo.num-generations 16
      the same with other settings
  reasoning-train run --preset gemma3-270m-cpu --data.train train.jsonl --data.test test.jsonl
      the real Gemma 3 270M on GSM8K's files
  reasoning-train run --config runs/tiny-1/config.toml --run-dir runs/again
      a run once more: same machine, same numbers

The same command continues an interrupted run. Values are layered: defaults, preset, file, flags.
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Entry point. Exit codes: 0 done, 2 wrong input (one line), 1 anything else."""
    try:
        _dispatch(sys.argv[1:] if argv is None else list(argv))
    except UserError as error:
        _fail(str(error))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _fail(f"no space left on the disk of {error.filename or 'the run directory'!r}: free some")
    except KeyboardInterrupt:
        print("\ninterrupted: the same command continues this run", file=sys.stderr)
        sys.exit(130)


def _fail(message: str) -> None:
    print(f"reasoning-train: {message}", file=sys.stderr)
    sys.exit(2)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise UserError(f"{message} (see {self.prog} --help)")


def _dispatch(argv: list[str]) -> None:
    parser = _Parser(prog="reasoning-train", description=DESCRIPTION, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    run = commands.add_parser(
        "run",
        help="all stages: data, SFT, GRPO, evaluation, export",
        description="Run all stages, or continue a run that was interrupted.",
        epilog=RUN_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
        usage="reasoning-train run [--preset NAME] [--config FILE] [--run-dir DIR] "
        "[--section.key VALUE …]",
    )
    run.add_argument("-h", "--help", action="store_true", help="show this and all settings")
    run.add_argument(
        "--preset", default="", help=f"one of {', '.join(preset_names())} (default: tiny)"
    )
    run.add_argument(
        "--config", type=Path, metavar="FILE", help="TOML file with the settings below"
    )
    run.add_argument(
        "--run-dir",
        type=Path,
        metavar="DIR",
        help="where the run is kept (default: runs/<preset>-<n>)",
    )
    options, rest = parser.parse_known_args(argv)
    if options.help:
        print(f"{run.format_help()}\nsettings:\n{flags_help()}")
        return
    preset = options.preset or ("" if options.config else "tiny")
    config = load_config(preset=preset, file=options.config, flags=rest)
    _run(config, options.run_dir, preset or options.config.stem)


def _run(config: RunConfig, root: Path | None, name: str) -> None:
    _hush_libraries()
    from reasoning_data import DataError
    from reasoning_export import ExportError
    from reasoning_train.pipeline import run_pipeline
    from reasoning_train.run_dir import default_root
    from reasoning_train.summary import print_summary

    console = Console()
    root = root or default_root(Path("runs"), name, config)
    try:
        run = run_pipeline(config, root, console)
    except (DataError, ExportError) as error:
        raise UserError(str(error)) from error
    print_summary(run, console)


def _hush_libraries() -> None:
    """Keep the warnings of Tunix, Orbax and XLA off the screen; errors still come through."""
    import logging
    import warnings

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TQDM_DISABLE", "1")
    logging.getLogger("absl").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")


if __name__ == "__main__":
    main()
