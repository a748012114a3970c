"""Whether a trace ends in its answer: as a number, in the answer's notation, or in its words."""

import re
from fractions import Fraction
from typing import Final

from reasoning_rewards.answers import Verdict, compare
from reasoning_rewards.answers.forms import Form, Group, Readings, Scalar, Text
from reasoning_rewards.equations.arithmetic import Number, ratio
from reasoning_rewards.structure.evidence import Evidence
from reasoning_rewards.structure.lexicon import content_words, numbers_in

# An answer of so many content words is prose: its words count, not its wording.
PROSE_WORDS: Final = 3
MAX_STATEMENTS: Final = 12
MAX_STATEMENT: Final = 120

# What stands behind one of these may be a result.
_STATES: Final = re.compile(
    r"=|:|\b(?:is|are|was|were|be|equals|gives|get|becomes|yields|to|option|choice|answer)\b|[,;]\s",
    re.IGNORECASE,
)


def mentions(evidence: Evidence) -> float:
    """How far the last two segments name the answer, in [0, 1]."""
    tail = " ".join(evidence.segments[-2:]).casefold()
    if evidence.answer_value is not None and evidence.answer_value in numbers_in(tail):
        return 1.0
    answer = evidence.answer.casefold().strip(" .()[]$\\*")
    if _contains(tail, answer) or _states(evidence):
        return 1.0
    form = evidence.form
    if isinstance(form, Group) and (values := values_of(form)):
        found = numbers_in(" ".join(evidence.segments[-4:]))
        found.update(equation.value for equation in evidence.equations)
        return sum(abs(value) in found or value in found for value in values) / len(values)
    label, option = answer if len(answer) == 1 else "", ""
    if isinstance(form, Text) and form.label:
        label, option = form.label.casefold(), form.body.casefold().strip(" .()")
        option = option if len(option) > 1 else ""
    if label and (option := option or _option_text(evidence.prompt.text, label)):
        return float(_contains(evidence.text.casefold(), option))
    words = content_words(answer)
    if len(words) < PROSE_WORDS:
        return 0.0
    share = sum(word in evidence.vocabulary for word in words) / len(words)
    return 1.0 if share >= 0.6 else 0.5 if share >= 0.3 else 0.0


def _states(evidence: Evidence) -> bool:
    """Whether something that the last two segments state is the same answer to the reader."""
    statements = [
        piece
        for segment in reversed(evidence.segments[-2:])
        for piece in reversed(_pieces(segment[-400:]))
    ]
    return any(
        compare(statement, evidence.answer) is Verdict.SAME
        for statement in statements[:MAX_STATEMENTS]
    )


def _pieces(segment: str) -> list[str]:
    """The segment, and what stands behind each of its statements, up to the next or to its end."""
    found = [segment]
    marks = list(_STATES.finditer(segment))
    for n, mark in enumerate(marks):
        end = marks[n + 1].start() if n + 1 < len(marks) else len(segment)
        found += {segment[mark.end() :], segment[mark.end() : end]}
    stripped = (piece.strip(" .$*") for piece in found)
    return [piece for piece in stripped if piece and len(piece) <= MAX_STATEMENT]


def values_of(form: Form | None) -> list[Number]:
    """The numbers of a tuple or list; none if anything in it is no number."""
    if isinstance(form, Readings):
        return values_of(form.forms[0])
    if isinstance(form, Group):
        values = [values_of(item) for item in form.items]
        return [value for each in values for value in each] if all(values) else []
    if isinstance(form, Scalar) and isinstance(form.value, Fraction):
        return [ratio(form.value.numerator, form.value.denominator)]
    return []


def _contains(text: str, phrase: str) -> bool:
    """Whether a phrase stands in a text as whole words."""
    start = text.rfind(phrase) if phrase else -1
    while start >= 0:
        end = start + len(phrase)
        if not text[max(start - 1, 0) : start].isalnum() and not text[end : end + 1].isalnum():
            return True
        start = text.rfind(phrase, 0, start)
    return False


def _option_text(prompt: str, letter: str) -> str:
    """What `B` stands for in `(A) Rome (B) Paris`, or nothing."""
    label = re.escape(letter)
    match = re.search(
        rf"(?:^|[\s(]){label}[).:]\s*([^\n(]{{2,80}}?)\s*(?:$|\n|[(\s][a-j][).:])",
        prompt.casefold(),
    )
    return match.group(1).strip(" .,;") if match else ""
