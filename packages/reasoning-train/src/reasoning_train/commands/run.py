"""`reasoning-train run`: all stages."""

import argparse
from pathlib import Path

from rich.console import Console

from reasoning_train import stages
from reasoning_train.config import dump_toml, load_config, preset_names
from reasoning_train.config.load import flags_help
from reasoning_train.console.logs import log_to_screen
from reasoning_train.errors import UserError

HELP = "all stages: data, SFT, GRPO, evaluation, export"
EPILOG = """\
examples:
  reasoning-train run
      a tiny Gemma 3 on generated word problems: minutes on two cores
  reasoning-train run --seed 3 --grpo.num-generations 16
      the same with other settings
  reasoning-train run --data.sources rows:mine.csv,question=q,answer=a,rationale=work
      the same on your own problems
  reasoning-train run --preset gemma3-270m-cpu
      the real Gemma 3 270M on GSM8K from the hub
  reasoning-train run --from runs/tiny-1 --grpo.learning-rate 5e-4
      another GRPO after the SFT of a run
  reasoning-train run --config runs/tiny-1/config.toml --run-dir runs/tiny-1 --grpo.steps 60
      a finished run trained further
  reasoning-train run --config runs/tiny-1/config.toml --run-dir runs/again
      a run once more: same machine, same numbers

The same command continues an interrupted run. Values are layered: defaults, preset, file, flags.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Give the parser its options. Settings of the run are flags too; they are read apart."""
    parser.description = "Run all stages, or continue a run that was interrupted."
    parser.epilog = EPILOG
    parser.usage = (
        "reasoning-train run [--preset NAME | --from RUN] [--config FILE] [--run-dir DIR] "
        "[--until STAGE] "
        "[--section.key VALUE …]"
    )
    parser.add_argument(
        "-h",
        "--help",
        action=_Help,
        nargs=0,
        help="show this and all settings, after --preset NAME with its values",
    )
    parser.add_argument(
        "--preset", default="", help=f"one of {', '.join(preset_names())} (default: tiny)"
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="TOML file with the settings below; it stands on plain defaults unless it says "
        'preset = "NAME" at its top',
    )
    parser.add_argument(
        "--run-dir",
        type=Path,
        metavar="DIR",
        help="where the run is kept (default: runs/<preset>-<n>)",
    )
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="RUN",
        help="begin at GRPO, with the data and SFT of another run and its settings, in which flags "
        "may change GRPO and its reward",
    )
    parser.add_argument(
        "--until",
        choices=stages.NAMES,
        default="export",
        metavar="STAGE",
        help=f"stop after this stage, to go on later: {', '.join(stages.NAMES)}",
    )

    parser.add_argument(
        "--show-config", action="store_true", help="print the resolved settings as TOML and exit"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="check settings, files and reward functions, then exit without training",
    )


class _Help(argparse.Action):
    """Help with the settings below the options."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        *args: object,
    ) -> None:
        preset = namespace.preset or "tiny"
        print(f"{parser.format_help()}\nsettings, with the values of {preset}:")
        print(flags_help(preset))
        parser.exit()


def execute(options: argparse.Namespace, rest: list[str]) -> None:
    """Run or continue, and print the summary."""
    source: Path | None = options.source
    if source is not None and (options.preset or options.config):
        raise UserError(
            "--from takes the settings of that run; leave --preset and --config out, and change "
            "settings by flags"
        )
    file = source / "config.toml" if source else options.config
    preset = options.preset or ("" if file else "tiny")
    config = load_config(preset=preset, file=file, flags=rest)
    if options.show_config:
        print(dump_toml(config), end="")
        return
    log_to_screen()
    from reasoning_train.preflight import preflight
    from reasoning_train.run_dir.directory import default_root
    from reasoning_train.running import RUNS, run

    name = source.resolve().name if source else preset or options.config.stem
    root = options.run_dir or default_root(RUNS, name, config)
    if options.dry_run:
        preflight(config, root, source)
        print(f"the configuration is sound; the run would be kept in {root}")
        return
    from reasoning_train.engine.compile_cache import keep_compiled

    keep_compiled()
    console = Console()
    done = run(config, root, source=source, until=options.until, console=console)
    from reasoning_train.console.summary import print_summary

    print_summary(done, console)
