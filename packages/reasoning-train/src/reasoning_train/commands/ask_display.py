"""Shows an answer: reasoning dim, the answer bright, then confidence, votes and score."""

from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape

from reasoning_train.commands.ask_answerer import Answer


def show_answer(answer: Answer, console: Console) -> None:
    """Print reasoning and answer apart; a completion outside the schema as it is.

    Args:
        answer: What the model answered.
        console: Where to.
    """
    trace = answer.trace
    if trace.well_formed:
        console.print(f"[dim]{escape(trace.reasoning.strip())}[/]", highlight=False)
        console.print(f"[bold bright_green]{escape(str(trace.answer).strip())}[/]", highlight=False)
        console.print(f"[dim]{_confidence(answer)}[/]", highlight=False)
    else:
        console.print(escape(answer.turn.completion), highlight=False)
        console.print(f"[yellow]outside the schema: {trace.status.value}[/]")
    if not answer.finished:
        console.print("[yellow]cut at the limit of tokens[/]")
    if answer.samples:
        console.print(f"[dim]{_votes(answer)}[/]", highlight=False)


def show_score(score: Mapping[str, float], gold: str, console: Console) -> None:
    """Print the score of an answer.

    Args:
        score: Its components by name.
        gold: The right answer.
        console: Where to.
    """
    parts = ", ".join(f"{name} {value:.2f}" for name, value in score.items())
    console.print(f"gold {escape(gold)}: {parts}", highlight=False)


def _confidence(answer: Answer) -> str:
    stated, mapped = answer.stated, answer.confidence
    if stated is None:
        return "confidence not stated"
    if mapped == stated:
        return f"confidence {stated:.2f}"
    return f"confidence {mapped:.2f} by the map fitted after training; {stated:.2f} stated"


def _votes(answer: Answer) -> str:
    voted = sum(count for _, count in answer.votes)
    counts = ", ".join(f"{escape(text)} {count}" for text, count in answer.votes)
    without = f"; {answer.samples - voted} without an answer" if voted < answer.samples else ""
    return f"votes of {answer.samples}: {counts or 'none'}{without}"
