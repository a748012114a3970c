"""Yes and no, with a reason behind them or in other words: `Yes, 17 is prime`, `Probably not`."""

import re
from typing import Final

from reasoning_rewards.answers.forms import Text

_WORDS: Final = {
    "yes": "yes", "true": "yes", "correct": "yes", "no": "no", "false": "no", "incorrect": "no",
    "yeah": "yes", "yep": "yes", "nope": "no", "unlikely": "no",
}  # fmt: skip
_EXPLAINED: Final = re.compile(
    r"(?P<verdict>yes|no|true|false)(?:\s*[,.;:(]|\s+-+)\s*(?P<reason>.{1,300})",
    re.IGNORECASE | re.DOTALL,
)
_CONTRARY: Final = re.compile(
    r"\b(?:yes|no|true|false|maybe|perhaps|or|but|however|unsure|wait|actually|possibly|although"
    r"|only sometimes|never)\b",
    re.IGNORECASE,
)
_NOT: Final = re.compile(r"\b(?:not|cannot)\b|n't\b", re.IGNORECASE)
# Denials that leave a yes a yes: of something else, or of the contrary.
_HARMLESS_NOT: Final = re.compile(
    r"\b(?:and|so|is|are) not (?:even|odd|just|only|merely)\b"
    r"|\b(?:could|can|would) ?not be otherwise\b|\bnot only\b",
    re.IGNORECASE,
)
_HEDGED: Final = re.compile(
    r"(?:(?:most |very )?(?:likely|probably)|definitely|certainly|absolutely|of course|clearly"
    r"|indeed|surely),? (?P<verdict>yes|no|not|true|false)",
    re.IGNORECASE,
)
_AFFIRMED: Final = re.compile(
    r"(?P<verdict>yes|no),? (?:indeed|certainly|definitely|absolutely|of course)", re.IGNORECASE
)
_NOT_NECESSARILY: Final = re.compile(
    r"not (?:necessarily|always|really|at all|true|correct|possible)", re.IGNORECASE
)
_STATEMENT: Final = re.compile(
    r"(?:(?:the|this|that) (?:statement|claim|sentence|assertion|hypothesis|proposition|conclusion)"
    r"|it|this|that) (?:is|was) (?:therefore |thus |indeed )?"
    r"(?P<verdict>true|false|correct|incorrect|not true|not correct)",
    re.IGNORECASE,
)
_FIRST: Final = frozenset(
    "yes no true false correct incorrect most very likely probably definitely certainly absolutely "
    "of clearly indeed surely not the this that it yeah yep nope unlikely".split()
)
MAX_LENGTH: Final = 320


def read(text: str) -> Text | None:
    """`yes` or `no` as a text, or `None` where the text is neither or takes it back."""
    first = re.match(r"[A-Za-z]*", text)
    if first is None or first.group().casefold() not in _FIRST or len(text) > MAX_LENGTH:
        return None
    if plain := _WORDS.get(text.casefold()):
        return Text(plain)
    if match := _EXPLAINED.fullmatch(text):
        reason = match["reason"]
        verdict = _WORDS[match["verdict"].casefold()]
        if _CONTRARY.search(reason):
            return None
        if verdict == "yes" and _NOT.search(_HARMLESS_NOT.sub(" ", reason)):
            return None
        return Text(verdict)
    if _NOT_NECESSARILY.fullmatch(text):
        return Text("no")
    if match := _HEDGED.fullmatch(text) or _AFFIRMED.fullmatch(text) or _STATEMENT.fullmatch(text):
        said = match["verdict"].casefold()
        return Text("no" if said.startswith("not") else _WORDS[said])
    return None
