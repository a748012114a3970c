"""`reasoning-train plan`: what a run would need on a TPU slice."""

import argparse
import json
import time
from pathlib import Path

from rich.console import Console

from reasoning_train.config import dump_toml, load_config, preset_names
from reasoning_train.config.schedules import check_schedules
from reasoning_train.console.logs import log_to_screen
from reasoning_train.durable import write_json, write_text
from reasoning_train.errors import UserError
from reasoning_train.plan.silence import quiet_environment
from reasoning_train.plan.topology import (
    TOPOLOGIES,
    need_compiler,
    topologies_named,
    topology_named,
)

HELP = "before spending a TPU session: does it fit, how long will it take, what to change"
EPILOG = """\
examples:
  reasoning-train plan --preset kaggle-gemma3-1b
      compile what training runs for a TPU v5e-8, on this machine, without weights
  reasoning-train plan --preset kaggle-gemma3-1b --sft.batch-size 128 --model.remat true
      the same with other settings
  reasoning-train plan --preset kaggle-gemma3-1b --apply tuned.toml
      the largest batches that fit, and settings that are faster, written down
  reasoning-train plan --from-run runs/kaggle-gemma3-1b-1
      a finished run on the same slice: what share of the roofline its steps reached, and how far
      its memory was from the plan's; on a CPU: --from-run runs/tiny-1 --topology cpu
  reasoning-train plan --preset kaggle-gemma3-1b --scale v5e-16,v5e-64
      the same batches on slices of several hosts
  reasoning-train plan --config runs/tiny-1/config.toml --topology v6e-8 --json
      for another slice, for machines

Memory is the TPU compiler's own verdict. Times are estimates: a roofline over what the compiled
programs do, divided by --efficiency. Answers are kept, so asking again takes seconds.
Needs the extra `plan`: in a clone, uv run --extra plan reasoning-train plan.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Give the parser its options; settings of the run are flags too."""
    parser.description = "Plan a run for a TPU slice from shapes alone; no TPU, no weights."
    parser.epilog = EPILOG
    parser.usage = (
        "reasoning-train plan [--preset NAME] [--config FILE] [--topology NAME] [--json] "
        "[--section.key VALUE …]"
    )
    parser.add_argument("-h", "--help", action="help", help="show this; settings: run --help")
    parser.add_argument(
        "--preset", default="", help=f"one of {', '.join(preset_names())} (default: tiny)"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML file with settings")
    parser.add_argument(
        "--topology",
        default="v5e-8",
        metavar="NAME",
        help=f"one of {', '.join(TOPOLOGIES)} (default: v5e-8)",
    )
    parser.add_argument(
        "--efficiency",
        type=float,
        default=0.5,
        metavar="SHARE",
        help="share of the roofline that estimates count on (default: 0.5, an assumption)",
    )
    parser.add_argument(
        "--from-run",
        type=Path,
        metavar="RUN",
        help="plan a finished run's settings and hold the plan against what was measured; the "
        "plan is kept in RUN/plan.json, where the report shows it",
    )
    parser.add_argument(
        "--advise", action="store_true", help="also look for better settings: compiles more"
    )
    parser.add_argument(
        "--apply",
        type=Path,
        metavar="FILE",
        help="write the settings with what --advise found that leaves the learning as it is",
    )
    parser.add_argument(
        "--scale",
        default="",
        metavar="NAMES",
        help="also how the training stages scale to other slices, such as v5e-16,v5e-64",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def execute(options: argparse.Namespace, rest: list[str]) -> None:
    """Plan, and print it."""
    if not 0 < options.efficiency <= 1:
        raise UserError(f"--efficiency {options.efficiency!r} is not a share between 0 and 1")
    file = options.from_run / "config.toml" if options.from_run else options.config
    preset = options.preset or ("" if file else "tiny")
    config = load_config(preset=preset, file=file, flags=rest)
    if not options.from_run:
        check_schedules(config)
    topology = topology_named(options.topology)
    larger = topologies_named(options.scale)
    if options.apply and not options.apply.absolute().parent.is_dir():
        raise UserError(f"--apply {str(options.apply)!r}: no such folder")
    log_to_screen()
    quiet_environment()
    if not topology.is_here or larger:
        need_compiler()
    from reasoning_train.plan.session import Asked, answer
    from reasoning_train.plan.table import print_answer

    screen = Console(stderr=True)
    begun = time.monotonic()

    def announce(name: str, rows: int, place: str) -> None:
        line = f"{time.monotonic() - begun:5.0f} s  compiling {name} of {rows} rows"
        screen.print(f"{line} ({place})" if place else line, highlight=False)

    found = answer(
        Asked(
            config,
            topology,
            options.efficiency,
            run=options.from_run,
            advise=options.advise or options.apply is not None,
            larger=larger,
        ),
        announce,
    )
    if options.json:
        print(json.dumps(found.as_dict(), indent=1))
    else:
        print_answer(found, Console())
    if options.apply:
        write_text(options.apply, dump_toml(found.tuned))
    if options.from_run:
        write_json(options.from_run / "plan.json", found.as_dict())
