"""`reasoning-train ask`: the trained model answers questions."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from rich.console import Console

from reasoning_data import STYLES
from reasoning_train.console.logs import log_to_screen
from reasoning_train.errors import UserError

if TYPE_CHECKING:
    from reasoning_train.commands.ask_answerer import Answerer

HELP = "put questions to a trained model"
EPILOG = """\
examples:
  reasoning-train ask runs/tiny-1 "Tom has 12 pens. Tom buys 7 more and gives 3 to Sam. \\
How many pens does Tom have now?" --gold 16
  reasoning-train ask runs/tiny-1
      a conversation: the model is loaded once; /help lists what else it understands
  reasoning-train ask runs/tiny-1 < questions.txt
      one question a line, one JSON object a line
  reasoning-train ask runs/tiny-1 --stage sft "…"
      the model as it was before GRPO
  reasoning-train ask runs/tiny-1/export/safetensors "…"
      the exported model, asked as its export.json says
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Give the parser its options."""
    parser.description = "Answer questions, reasoning and answer apart."
    parser.epilog = EPILOG
    parser.add_argument("-h", "--help", action="help", help="show this")
    parser.add_argument("target", metavar="RUN", help="run directory, or folder of merged weights")
    parser.add_argument(
        "question",
        metavar="QUESTION",
        nargs="?",
        help="one question (default: a conversation, or each line of a piped input)",
    )
    parser.add_argument("--gold", help="the right answer: the completion is scored with it")
    parser.add_argument(
        "--stage",
        default="",
        choices=("", "base", "sft", "grpo"),
        metavar="STAGE",
        help="of a run: base, sft or grpo (default: the last one)",
    )
    parser.add_argument(
        "--step",
        type=int,
        metavar="N",
        help="of a run's stage: its checkpoint of this step (default: the newest that is whole)",
    )
    parser.add_argument(
        "--style",
        default="",
        choices=("", *STYLES),
        metavar="STYLE",
        help=f"how the question is put: {', '.join(STYLES)} (default: as the model was trained)",
    )
    parser.add_argument(
        "--temperature", type=float, default=0.0, help="0, the default, is greedy decoding"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the noise of sampling (default: 0)")
    parser.add_argument("--json", action="store_true", help="print one JSON object a question")


def execute(options: argparse.Namespace, rest: list[str]) -> None:
    """Answer one question, each line of a piped input, or a conversation."""
    if options.question is None and len(rest) == 1 and not rest[0].startswith("-"):
        options.question = rest.pop()  # argparse gives an optional place away before the options
    if rest:
        raise UserError(f"unknown argument {rest[0]!r}; see reasoning-train ask --help")
    if options.question is not None and not options.question.strip():
        raise UserError("the question is empty")
    if options.question is None and options.gold is not None:
        raise UserError("--gold belongs to one question; give it on the command line")
    if options.temperature < 0:
        raise UserError(f"--temperature {options.temperature:g} is negative")
    log_to_screen()
    answerer = _open(options)
    if options.question is not None:
        _one(answerer, options)
    elif sys.stdin.isatty() and not options.json:
        _converse(answerer)
    else:
        _each_line(answerer)


def _open(options: argparse.Namespace) -> "Answerer":
    from reasoning_train.commands.ask_answerer import Answerer

    answerer = Answerer(
        options.target,
        options.stage,
        options.step,
        options.style,
        options.temperature,
        options.seed,
    )
    for note in answerer.target.notes:
        print(f"warning: {note}", file=sys.stderr)
    if answerer.target.source and answerer.target.name == "base" != options.stage:
        print("warning: the run has no checkpoint yet; its base answers", file=sys.stderr)
    return answerer


def _one(answerer: "Answerer", options: argparse.Namespace) -> None:
    from reasoning_train.commands.ask_display import show_answer, show_score

    answer = answerer.ask(options.question)
    score = None if options.gold is None else answerer.score(answer, options.gold)
    if options.json:
        scored = {} if score is None else {"gold": options.gold, "score": score}
        print(json.dumps(answer.as_dict() | scored, ensure_ascii=False), flush=True)
        return
    console = Console()
    show_answer(answer, console)
    if score is not None:
        show_score(score, options.gold, console)


def _each_line(answerer: "Answerer") -> None:
    """Print a line of JSON for each line of the input that is not empty."""
    for line in sys.stdin:
        question = line.strip()
        if not question:
            continue
        try:
            found = answerer.ask(question).as_dict()
        except UserError as error:  # such as one that is too long: the next may not be
            found = {"question": question, "error": str(error)}
            print(f"reasoning-train: {error}", file=sys.stderr)
        print(json.dumps(found, ensure_ascii=False), flush=True)


def _converse(answerer: "Answerer") -> None:
    from reasoning_train.commands.ask_conversation import Conversation

    print(f"{answerer.target.name} answers; /help lists the commands, /quit ends", file=sys.stderr)
    Conversation(answerer, Console()).run(_typed())


def _typed() -> Iterator[str]:
    """The lines that somebody types, with the arrow keys where the system has readline."""
    with suppress(ImportError):
        import readline  # noqa: F401 - `input` uses it once it is there
    while True:
        try:
            yield input("> ").strip()
        except EOFError:
            print(file=sys.stderr)
            return
