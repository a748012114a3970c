"""`reasoning-train evaluate`: a model on held-out problems, or evaluations against each other."""

import argparse
from pathlib import Path

from reasoning_train.console.logs import log_to_screen
from reasoning_train.errors import UserError

HELP = "a checkpoint or model on held-out problems; --compare for paired tests"
EPILOG = """\
examples:
  reasoning-train evaluate runs/tiny-1 --stage sft --samples 8 --temperature 1.0
      greedy, and pass@1 … pass@8 and maj@8 from eight samples a problem
  reasoning-train evaluate runs/tiny-1 --stage base --prompt-format few-shot --shots 4
      the base with worked examples before each question instead of tags it never saw
  reasoning-train evaluate runs/tiny-1/export/safetensors --data runs/tiny-1/data
  reasoning-train evaluate gemma3-270m --data data/gsm8k --limit 100 --prompt-format plain
      an exported folder, and a model by its name
  reasoning-train evaluate --compare runs/1/evaluation/sft.json runs/1/evaluation/grpo.json
      a paired test over the same problems
  reasoning-train evaluate runs/seed-0 runs/seed-1 runs/seed-2 --compare sft grpo
      the same in each run, and pooled over their seeds

NAME.json, NAME.predictions.jsonl and summary.md (Markdown, for a model card) go to RUN/evaluation,
or to ./evaluation for what is no run. An interrupted evaluation goes on with the same command.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Give the parser its options."""
    parser.description = "Evaluate a model on held-out problems, or compare evaluations."
    parser.epilog = EPILOG
    parser.add_argument("-h", "--help", action="help", help="show this")
    parser.add_argument(
        "targets",
        nargs="*",
        metavar="TARGET",
        help="a run directory, a folder of merged weights, or a model's name",
    )
    parser.add_argument(
        "--stage",
        choices=("base", "sft", "grpo"),
        default="",
        help="of a run (default: the last one with a checkpoint)",
    )
    parser.add_argument(
        "--step",
        type=int,
        metavar="N",
        help="of a run's stage: its checkpoint of this step (default: the newest that is whole)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="BUILD",
        help="folder that `reasoning-data build` made, or its eval file (default: the run's own)",
    )
    parser.add_argument(
        "--set",
        default="",
        metavar="NAME",
        help="of a run with several held-out sets (default: the first)",
    )
    parser.add_argument("--limit", type=_positive, metavar="N", help="only the first N problems")
    parser.add_argument(
        "--prompt-format",
        choices=("schema", "raw", "plain", "few-shot", "schema-few-shot"),
        default="schema",
        help="our prompt; the bare question as running text; `Question: … Answer:`; the same after "
        "worked examples (default: schema)",
    )
    parser.add_argument(
        "--shots",
        type=_positive,
        default=4,
        metavar="K",
        help="worked examples from the training data, for the formats with few-shot (default: 4)",
    )
    parser.add_argument(
        "--samples",
        type=_positive,
        default=0,
        metavar="K",
        help="also draw K completions a problem: pass@k and maj@k",
    )
    parser.add_argument(
        "--temperature",
        type=_temperature,
        default=1.0,
        metavar="T",
        help="of the samples (default: 1.0)",
    )
    parser.add_argument(
        "--sampling-seed", type=int, default=0, metavar="S", help="of the samples (default: 0)"
    )
    parser.add_argument(
        "--completion-tokens",
        type=_positive,
        metavar="N",
        help="longest completion (default: the run's, else 256)",
    )
    parser.add_argument(
        "--batch-size",
        type=_positive,
        metavar="N",
        help="problems decoded together (default: the run's, else 64)",
    )
    parser.add_argument(
        "--dtype", choices=("float32", "bfloat16"), help="default: the run's, else float32"
    )
    parser.add_argument("--output", type=Path, metavar="DIR", help="where the files go")
    parser.add_argument(
        "--name",
        metavar="NAME",
        help="of the files (default: the stage or model, and what differs)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace files of that name")
    parser.add_argument(
        "--compare",
        nargs=2,
        metavar=("BEFORE", "AFTER"),
        help="paired difference of two evaluations: JSON files, or names within the given runs",
    )
    parser.add_argument(
        "--metric",
        choices=("strict", "lenient", "reward"),
        default="strict",
        help="what --compare compares (default: strict)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON; progress goes to stderr")


def execute(options: argparse.Namespace, rest: list[str]) -> None:
    """Evaluate, or compare."""
    if rest:
        raise UserError(f"unknown argument {rest[0]!r} (see reasoning-train evaluate --help)")
    if options.compare:
        from reasoning_train.commands.evaluate_compare import compare

        compare(options.compare, options.targets, options.metric, as_json=options.json)
        return
    if len(options.targets) != 1:
        raise UserError(
            f"evaluate takes one run directory, model folder or model name, not "
            f"{len(options.targets)}; several runs are for --compare"
        )
    log_to_screen()
    from reasoning_train.commands.evaluate_target import evaluate_target
    from reasoning_train.engine.compile_cache import keep_compiled

    keep_compiled()
    evaluate_target(options)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _temperature(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value <= 10.0:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no temperature above 0 (greedy comes without --samples)"
        )
    return value
