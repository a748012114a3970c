"""The final answer of a free-form text, for lenient accuracy: tags are not required."""

import re
from collections.abc import Iterator
from typing import Final

from reasoning_rewards.answers.forms import Group, Text
from reasoning_rewards.answers.latex import braced
from reasoning_rewards.answers.reading import read
from reasoning_rewards.completions.schemas import REASONING_ANSWER
from reasoning_rewards.extraction.continuations import own_text
from reasoning_rewards.extraction.last_sentence import concluded, value_ahead

_OPEN: Final = REASONING_ANSWER.answer_open
_CLOSE: Final = REASONING_ANSWER.answer_close
_TAIL: Final = 20_000
_LINE: Final = 200

_ANNOUNCED: Final = re.compile(
    r"(?:\b(?:answers?|results?|(?:correct|right|best) (?:option|choice))\b"
    r"(?: (?:to|of|for|in) [^.:?!\n]{1,60}?)?(?:\*\*|__)?"
    r"(?:(?:,? (?:therefore|thus|then|hence),?)? (?:is|are|was|would be|will be|must be|should be|"
    r"equals|comes to)\b(?: (?:therefore|thus|then|simply|just|exactly)\b)?|\s?[:=→])+"
    # A heading: `**Final answer**` on a line of its own.
    r"|^[#*_>\s]*(?:(?:my|the|your|final|correct) ){0,3}(?:answer|result)[*_#\s]*$)",
    re.IGNORECASE | re.MULTILINE,
)
# `Hence B is the correct answer.`
_ANNOUNCED_BEHIND: Final = re.compile(
    r"(?:^|[.,;:\n] *|\b(?:that|and) )(?:(?:so|thus|hence|therefore|then),? )?"
    r"(?P<said>[^.,;:?!\n]{1,60}?) (?:is|are|must be) (?:the|my|our) "
    r"(?:(?:final|correct|right|best) ){0,2}(?:answer|result|option|choice)\b",
    re.IGNORECASE,
)
_NO_ANSWER: Final = re.compile(
    r"(?:what|which|this|that|it|here|below|above|where|how|not|not .*|none of these)",
    re.IGNORECASE,
)
_HEADING: Final = re.compile(
    r"(?:(?:the|my|final|correct) )*(?:answers?|results?|solution|conclusion|summary|explanation|"
    r"reasoning|verification|check)?\W*|(?:step|part|case)\b.*|.*:",
    re.IGNORECASE,
)
_BOX: Final = "\\boxed{"
_BETWEEN_BOXES: Final = re.compile(r"[\s,;$]{0,8}(?:(?:and|or)[\s$]{1,8})?")
_SENTENCE_END: Final = re.compile(r"(?<!\d)[.!?](?:\s|$)|[.!?](?:\s+\D|$)|<")
_MATH_OPEN: Final = re.compile(r"(?:\\\[|\\\(|\$\$)\s*")
_MATH_CLOSE: Final = re.compile(r"\s*(?:\\\]|\\\)|\$\$)")


def final_answer(completion: str) -> str | None:
    """The final answer anywhere in a text, or `None` when there is none.

    Further questions that a model asks itself, and its confidence, are left out. Then, in this
    order: the last `<answer>` block (also an unclosed one), the last `\\boxed{…}`, the line after
    the last `####`, what is last announced ("the answer is", "… is the answer"), a choice or a
    verdict on the last line, what the last sentence with a number says. Meant for measuring how
    often a model that ignores the schema is right all the same, not for rewarding it. Linear in
    the text.
    """
    start = completion.rfind(_OPEN)
    if start >= 0:
        start += len(_OPEN)
        end = completion.find(_CLOSE, start)
        content = completion[start : end if end >= 0 else None].strip()
        if content:
            return content
    text = own_text(completion[-_TAIL:])
    for find in (_boxed, _marked, _announced, concluded):
        if found := find(text):
            return found
    return None


def _boxed(text: str) -> str | None:
    """The content of the last box; `\\boxed{3} and \\boxed{5}` as it stands."""
    start = text.rfind(_BOX)
    if start < 0 or (end := braced(text, start + len(_BOX) - 1)) < 0:
        return None
    first = start
    while (before := text.rfind(_BOX, 0, first)) >= 0:
        close = braced(text, before + len(_BOX) - 1)
        if close < 0 or not _BETWEEN_BOXES.fullmatch(text, close + 1, first):
            break
        first = before
    return text[start + len(_BOX) : end].strip() if first == start else text[first : end + 1]


def _marked(text: str) -> str | None:
    """The line after the last `####` that is no heading."""
    for _, mark, after in _from_the_end(text, "####"):
        line = after.lstrip("# \t").partition("\n")[0].strip()
        if mark and line and not _HEADING.fullmatch(line.strip("*_ ")):
            return _trimmed(line)
    return None


def _from_the_end(text: str, mark: str) -> Iterator[tuple[str, str, str]]:
    before, found, after = text.rpartition(mark)
    while found:
        yield before, found, after
        before, found, after = before.rpartition(mark)


def _announced(text: str) -> str | None:
    cues = [(match.end(), match) for match in _ANNOUNCED.finditer(text)]
    cues += [(match.end(), match) for match in _ANNOUNCED_BEHIND.finditer(text)]
    for end, match in sorted(cues, key=lambda cue: cue[0], reverse=True):
        said = match.groupdict().get("said")
        ahead = _trimmed(_line(text[end : end + _LINE])) if said is None else said.strip(" *_")
        if ahead and not _NO_ANSWER.fullmatch(ahead) and _is_said(ahead, match.group()):
            return ahead
    return None


def _line(text: str) -> str:
    """The first line that is not empty; of a displayed formula what is inside."""
    text = text.lstrip(" \t\n\r:*_=>→#")
    opening = _MATH_OPEN.match(text)
    if opening is not None:
        closing = _MATH_CLOSE.search(text, opening.end())
        if closing is not None:
            return text[opening.end() : closing.start()]
    return text.partition("\n")[0]


def _is_said(said: str, cue: str) -> bool:
    """A result is a value: `the result is consistent` announces nothing."""
    return "result" not in cue.casefold() or any(char.isdigit() for char in said)


def _trimmed(line: str) -> str | None:
    """The first sentence of a line; of a value with words behind it the value."""
    line = line.strip()
    end = _SENTENCE_END.search(line)
    said = (line[: end.start()] if end else line).strip(" *:=_")
    if not said:
        return None
    form = read(said)
    if (
        isinstance(form, Text | Group)
        and not getattr(form, "label", "")
        and said[:1] not in "([{\\"
    ):
        return value_ahead(said) or said
    return said
