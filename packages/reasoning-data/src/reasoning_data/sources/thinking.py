"""Split of a reasoning trace into its thinking and its final answer."""

import re
from typing import NamedTuple

from reasoning_data.answers import final_answer
from reasoning_data.answers.boxes import boxed_answer, last_boxes, open_boxes

# `<think>`, `<thinking>`, `<seed:think>`, `<thought>`, `<reasoning>`, `[THINK]`, `◁think▷`.
NAME = r"(?:[\w-]+:)?(?:think(?:ing)?|thoughts?|reasoning)"
OPENING = re.compile(
    rf"<{NAME}>|\[{NAME}\]|\u25c1{NAME}\u25b7|<\|begin_of_thought\|>"
    r"|<\|channel\|>analysis<\|message\|>",
    re.IGNORECASE,
)
CLOSING = re.compile(
    rf"</{NAME}>|\[/{NAME}\]|\u25c1/{NAME}\u25b7|<\|end_of_thought\|>"
    r"|<\|end\|>(?:<\|start\|>assistant)?<\|channel\|>final<\|message\|>",
    re.IGNORECASE,
)
FINAL_MARK = re.compile(
    r"<\|(?:begin|end)_of_solution\|>|<\|(?:im_end|eot_id|return|endoftext)\|>"
    r"|<\uff5cend\u2581of\u2581sentence\uff5c>"
)
ANSWER = re.compile(r"<answer>\s*(.*?)\s*</answer>", re.DOTALL | re.IGNORECASE)
PREAMBLE = 40
MAX_MARKS = 20  # of those behind the thinking; each costs a walk through what is behind it


class Generation(NamedTuple):
    """Thinking and final answer of a trace; `final` is empty if the trace was cut off."""

    thinking: str
    final: str

    def gold(self) -> str:
        """Return the answer that the final text states, or ''."""
        if blocks := ANSWER.findall(self.final):
            return str(blocks[-1])
        if boxes := last_boxes(self.final):
            return boxed_answer(boxes)
        if said := final_answer.conclusion(self.final):
            return said
        bare = self.final.strip(" *$.\n")
        return bare if final_answer.NUMBER.fullmatch(bare) else ""


def is_marked(text: str) -> bool:
    """Return whether a text contains a mark that closes thinking, which makes it a trace."""
    return CLOSING.search(text) is not None


def split_thinking(trace: str) -> Generation | None:
    """Split a trace; None if its thinking is not closed.

    A solution without marks is complete if it ends in an answer (OpenMathInstruct); all of it is
    then the thinking. Thinking may mention its own closing mark, so the last mark that is followed
    by an answer counts. The opening mark may be missing, since some chat templates contain it.
    """
    closings = list(CLOSING.finditer(trace))
    if not closings:
        return None if OPENING.search(trace) else _unmarked(trace)
    finals = ((mark, _without_marks(trace[mark.end() :])) for mark in closings[:-MAX_MARKS:-1])
    mark, final = next(((m, text) for m, text in finals if text), (closings[-1], ""))
    opening = next(
        (found for found in OPENING.finditer(trace, 0, mark.start()) if _opens(trace, found)), None
    )
    thinking = trace[opening.end() if opening else 0 : mark.start()]
    if OPENING.search(thinking, next((m.end() for m in CLOSING.finditer(thinking)), len(thinking))):
        # It thought twice: a thinking was closed, and another opened behind it.
        thinking = OPENING.sub("\n", CLOSING.sub("\n", thinking))
    return Generation(thinking.strip(), final)


def _unmarked(trace: str) -> Generation | None:
    solution = FINAL_MARK.sub("", trace).strip()
    said = final_answer.conclusion(solution)
    return Generation(open_boxes(solution, last_boxes(solution)), said) if said else None


def _without_marks(final: str) -> str:
    return FINAL_MARK.sub("", CLOSING.sub("", final)).strip()


def _opens(trace: str, found: re.Match[str]) -> bool:
    """Return whether a mark opens thinking: at the start of the trace or of a line."""
    if found.start() < PREAMBLE:
        return True
    before = trace[found.start() - PREAMBLE : found.start()].rstrip(" \t")
    return before.endswith(("\n", ">"))
