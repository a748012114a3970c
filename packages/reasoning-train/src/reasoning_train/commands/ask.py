"""`reasoning-train ask`: the trained model answers one question."""

import argparse
import json

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from reasoning_train.commands.quiet import hush_libraries
from reasoning_train.errors import UserError

HELP = "put a question to a trained model"
EPILOG = """\
examples:
  reasoning-train ask runs/tiny-1 "Tom has 12 pens. Tom buys 7 more and gives 3 to Sam. \\
How many pens does Tom have now?" --gold 16
  reasoning-train ask runs/tiny-1 --stage sft "…"
      the model as it was before GRPO
  reasoning-train ask runs/tiny-1/export/safetensors --style bare --json "…"
"""
LENGTHS_OF_A_FOLDER = (256, 512)


def configure(parser: argparse.ArgumentParser) -> None:
    """Give the parser its options."""
    parser.description = "Answer one question, reasoning and answer apart."
    parser.epilog = EPILOG
    parser.add_argument("-h", "--help", action="help", help="show this")
    parser.add_argument("target", metavar="RUN", help="run directory, or folder of merged weights")
    parser.add_argument("question", metavar="QUESTION")
    parser.add_argument("--gold", help="the right answer: the completion is scored with it")
    parser.add_argument(
        "--stage",
        default="",
        choices=("", "base", "sft", "grpo"),
        metavar="STAGE",
        help="of a run: base, sft or grpo (default: the last one)",
    )
    parser.add_argument(
        "--style",
        default="",
        choices=("", "gemma", "bare"),
        metavar="STYLE",
        help="how the question is put: gemma or bare (default: as the run was trained)",
    )
    parser.add_argument(
        "--temperature", type=float, default=0.0, help="0, the default, is greedy decoding"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the noise of sampling (default: 0)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def execute(options: argparse.Namespace, rest: list[str]) -> None:
    """Load, generate, print."""
    if rest:
        raise UserError(f"unknown argument {rest[0]!r}; see reasoning-train ask --help")
    if not options.question.strip():
        raise UserError("the question is empty")
    if options.temperature < 0:
        raise UserError(f"--temperature {options.temperature:g} is negative")
    hush_libraries()
    import jax

    from reasoning_data import STYLES, render_prompt
    from reasoning_rewards import CompositeReward, parse
    from reasoning_train.engine.generation import Lengths
    from reasoning_train.evaluation.target import open_target

    target = open_target(options.target, options.stage)
    source = target.source
    style = options.style or (source.config.data.style if source else "gemma")
    prompt = render_prompt(options.question, STYLES[style])
    lengths = Lengths(*LENGTHS_OF_A_FOLDER)
    if source:
        lengths = Lengths(source.config.data.prompt_tokens, source.config.data.completion_tokens)
    used = len(target.tokenizer().encode_prompt(prompt))
    if used > lengths.prompt:
        raise UserError(
            f"the question has {used} tokens as a prompt, the model was trained with at most "
            f"{lengths.prompt}: ask a shorter one"
        )
    dtype = source.config.model.dtype if source else "float32"
    generator = target.generator(lengths, dtype, Console(stderr=True))
    if options.temperature:
        key = jax.random.PRNGKey(options.seed)
        made = generator.sample([prompt], seed=key, temperature=options.temperature)
    else:
        made = generator.greedy([prompt])
    completion = made.texts[0]
    trace = parse(completion)
    answer: dict[str, object] = {
        "model": target.name,
        "question": options.question,
        "reasoning": trace.reasoning,
        "answer": trace.answer,
        "status": trace.status.value,
        "finished": made.finished[0],
        "completion": completion,
    }
    if options.gold is not None:
        score = CompositeReward().score(completion, options.gold, prompt)
        answer["gold"] = options.gold
        answer["score"] = {
            name: getattr(score, name)
            for name in ("total", "correctness", "structure", "confidence")
        }
    if options.json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        _show(answer, Console(), well_formed=trace.well_formed)


def _show(answer: dict[str, object], console: Console, *, well_formed: bool) -> None:
    """Reasoning and answer apart; a completion outside the schema as it is."""
    if well_formed:
        console.print(Panel(escape(str(answer["reasoning"]).strip()), title="reasoning"))
        console.print(Panel(escape(str(answer["answer"]).strip()), title="answer"))
    else:
        title = f"outside the schema: {answer['status']}"
        console.print(Panel(escape(str(answer["completion"])), title=title))
    score = answer.get("score")
    if isinstance(score, dict):
        parts = ", ".join(f"{name} {value:.2f}" for name, value in score.items())
        console.print(f"gold {answer['gold']}: {parts}", highlight=False)
