"""A conversation on the terminal: questions, and commands that begin with a slash."""

from collections.abc import Callable, Iterator

from rich.console import Console
from rich.markup import escape

from reasoning_train.commands.ask_answerer import Answer, Answerer, Turn
from reasoning_train.commands.ask_display import show_answer, show_score
from reasoning_train.errors import UserError

HELP = """\
/gold 42             score the last answer against the right one
/samples 8           let 8 samples vote on each answer; /samples 0 is greedy again
/base /sft /grpo     let another stage of the run answer
/history on|off      let the model see the earlier turns (off: it was trained on single questions)
/help                show this
/quit                end; so does Ctrl-D
"""
MOST_SAMPLES = 64


class Conversation:
    """One conversation: who answers, how, and what was said."""

    def __init__(self, answerer: Answerer, console: Console) -> None:
        """Begin a conversation.

        Args:
            answerer: The model.
            console: Where answers are shown.
        """
        self.answerer = answerer
        self.console = console
        self.samples = 0
        self.remembers = False
        self.turns: list[Turn] = []
        self.last: Answer | None = None
        self.commands: dict[str, Callable[[str], None]] = {
            "gold": self._gold,
            "samples": self._samples,
            "history": self._history,
            "help": lambda _: self.console.print(escape(HELP), end="", highlight=False),
            **{stage: self._stage(stage) for stage in ("base", "sft", "grpo")},
        }

    def run(self, lines: Iterator[str]) -> None:
        """Answer each line until `/quit` or the end of the input; mistakes end nothing.

        Args:
            lines: What is typed.
        """
        for line in lines:
            if line == "/quit":
                return
            try:
                self._take(line)
            except UserError as error:
                self.console.print(f"[red]{escape(str(error))}[/]", highlight=False)

    def _take(self, line: str) -> None:
        if not line:
            return
        if line.startswith("/"):
            name, _, value = line[1:].partition(" ")
            if name not in self.commands:
                raise UserError(f"no command /{name}; /help lists them")
            self.commands[name](value.strip())
            return
        before = tuple(self.turns) if self.remembers else ()
        with self.console.status("thinking"):
            self.last = self.answerer.ask(line, samples=self.samples, before=before)
        self.turns.append(self.last.turn)
        show_answer(self.last, self.console)

    def _gold(self, value: str) -> None:
        if not value:
            raise UserError("say the right answer: /gold 42")
        if self.last is None:
            raise UserError("ask a question first: /gold scores the last answer")
        show_score(self.answerer.score(self.last, value), value, self.console)

    def _samples(self, value: str) -> None:
        if not value.isdecimal() or int(value) > MOST_SAMPLES:
            raise UserError(f"say how many, 0 to {MOST_SAMPLES}: /samples 8")
        self.samples = int(value)
        what = f"{value} samples vote on each answer" if self.samples else "greedy"
        self.console.print(f"[dim]{what}[/]", highlight=False)

    def _history(self, value: str) -> None:
        if value not in ("on", "off"):
            raise UserError("say /history on or /history off")
        self.remembers = value == "on"
        self.turns.clear()
        what = "sees the turns from here on" if self.remembers else "sees each question alone"
        self.console.print(f"[dim]the model {what}[/]")

    def _stage(self, stage: str) -> Callable[[str], None]:
        def switch(value: str) -> None:
            if value:
                raise UserError(f"/{stage} takes no argument")
            self.answerer.switch(stage)
            self.turns.clear()
            self.console.print(f"[dim]{stage} answers now[/]")

        return switch
