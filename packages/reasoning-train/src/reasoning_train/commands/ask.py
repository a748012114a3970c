"""`reasoning-train ask`: the trained model answers questions."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from reasoning_data import STYLES, render_prompt
from reasoning_rewards import CompositeReward, TraceStatus, parse
from reasoning_train.console.logs import log_to_screen
from reasoning_train.errors import UserError
from reasoning_train.reward.stated import stated_confidence

HELP = "put questions to a trained model"
EPILOG = """\
examples:
  reasoning-train ask runs/tiny-1 "Tom has 12 pens. Tom buys 7 more and gives 3 to Sam. \\
How many pens does Tom have now?" --gold 16
  reasoning-train ask runs/tiny-1
      asks for questions until an empty line: the model is loaded once
  reasoning-train ask runs/tiny-1 --json < questions.txt
      one question a line, one JSON object a line
  reasoning-train ask runs/tiny-1 --stage sft "…"
      the model as it was before GRPO
  reasoning-train ask runs/tiny-1/export/safetensors "…"
      the exported model, asked as its export.json says
"""
if TYPE_CHECKING:
    from reasoning_train.evaluation.post_hoc import ConfidenceMap

LENGTHS_OF_A_FOLDER = (256, 512)

Ask = Callable[[str], dict[str, object]]


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
        help="one question (default: each line of the input, up to an empty one)",
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
    """Load, generate, print."""
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
    ask, console = _open(options), Console()
    if options.question is not None:
        _print(ask(options.question), console, as_json=options.json)
        return
    for question in _questions(sys.stdin.isatty()):
        try:
            _print(ask(question), console, as_json=options.json)
        except UserError as error:  # such as one that is too long: the next may not be
            print(f"reasoning-train: {error}", file=sys.stderr)


def _questions(terminal: bool) -> Iterator[str]:
    """Lines of the input; on a terminal they are asked for, and an empty one is the last."""
    if terminal:
        print("a question, or an empty line to end", file=sys.stderr)
    while True:
        if terminal:
            print("> ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line or (terminal and not line.strip()):
            return
        if line.strip():
            yield line.strip()


def _open(options: argparse.Namespace) -> Ask:
    """Find the model; its weights are loaded when the first question has proved to be sound."""
    import jax

    from reasoning_train.engine.compile_cache import keep_compiled
    from reasoning_train.engine.generation import Generator, Lengths
    from reasoning_train.evaluation.target import open_target

    keep_compiled()
    target = open_target(options.target, options.stage, options.step)
    for note in target.notes:
        print(f"warning: {note}", file=sys.stderr)
    source = target.source
    style = STYLES[options.style] if options.style else target.style
    if style is None:
        raise UserError(
            f"the export.json of {options.target!r} records a prompt style that this version "
            f"cannot read; name one with --style: {', '.join(STYLES)}"
        )
    lengths = Lengths(*LENGTHS_OF_A_FOLDER)
    if source:
        lengths = Lengths(source.config.data.prompt_tokens, source.config.data.completion_tokens)
    dtype = source.config.model.dtype if source else "float32"
    tokenizer = target.tokenizer()
    loaded: list[Generator] = []
    key = jax.random.PRNGKey(options.seed)

    def ask(question: str) -> dict[str, object]:
        nonlocal key
        prompt = render_prompt(question, style)
        used = len(tokenizer.encode_prompt(prompt))
        if used > lengths.prompt:
            raise UserError(
                f"the question has {used} tokens as a prompt, the model was trained with at most "
                f"{lengths.prompt}: ask a shorter one"
            )
        if not loaded:
            loaded.append(target.generator(lengths, dtype, Console(stderr=True)))
        if options.temperature:
            key, now = jax.random.split(key)
            made = loaded[0].sample([prompt], seed=now, temperature=options.temperature)
        else:
            made = loaded[0].greedy([prompt])
        completion = made.texts[0]
        trace = parse(completion)
        answer: dict[str, object] = {
            "model": target.name,
            "question": question,
            "reasoning": trace.reasoning,
            "answer": trace.answer,
            **_confidences(stated_confidence(completion), target.confidence_map),
            "status": trace.status.value,
            "finished": made.finished[0],
            "completion": completion,
        }
        if options.gold is not None:
            score = CompositeReward(asked=bool(style.confidence)).score(
                completion, options.gold, prompt
            )
            answer["gold"] = options.gold
            answer["score"] = {
                name: getattr(score, name)
                for name in ("total", "correctness", "structure", "confidence")
            }
        return answer

    return ask


def _confidences(stated: float | None, fitted: "ConfidenceMap | None") -> dict[str, object]:
    """The stated confidence, and what it turned out to be worth on other problems."""
    mapped = fitted(stated) if fitted and stated is not None else stated
    return {"confidence": mapped, "stated_confidence": stated}


def _confidence_line(answer: dict[str, object]) -> str:
    stated, mapped = answer["stated_confidence"], answer["confidence"]
    if stated is None:
        return "confidence not stated"
    if mapped == stated:
        return f"confidence {stated:.2f}"
    return f"confidence {mapped:.2f} by the map fitted after training; {stated:.2f} stated"


def _print(answer: dict[str, object], console: Console, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(answer, ensure_ascii=False), flush=True)
    else:
        _show(answer, console)


def _show(answer: dict[str, object], console: Console) -> None:
    """Reasoning and answer apart; a completion outside the schema as it is."""
    if answer["status"] == TraceStatus.WELL_FORMED.value:
        console.print(Panel(escape(str(answer["reasoning"]).strip()), title="reasoning"))
        console.print(Panel(escape(str(answer["answer"]).strip()), title="answer"))
        console.print(_confidence_line(answer), highlight=False)
    else:
        title = f"outside the schema: {answer['status']}"
        console.print(Panel(escape(str(answer["completion"])), title=title))
    score = answer.get("score")
    if isinstance(score, dict):
        parts = ", ".join(f"{name} {value:.2f}" for name, value in score.items())
        console.print(f"gold {answer['gold']}: {parts}", highlight=False)
