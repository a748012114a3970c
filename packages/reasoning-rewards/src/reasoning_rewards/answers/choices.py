"""Multiple choice: `B`, `(B)`, `Option (B): Paris`, `B) condensation`, `B is correct`."""

import re
from typing import Final

from reasoning_rewards.answers.forms import Text
from reasoning_rewards.answers.phrases import RETRACTING
from reasoning_rewards.answers.words import canonical_text

_CHOICE: Final = re.compile(
    r"(?:(?:option|choice|answer|letter)\s+)?"
    r"(?:\(\s*(?P<round>[A-Ja-j])\s*\)[:.]?|\[\s*(?P<square>[A-Ja-j])\s*\][:.]?"
    r"|<\s*(?P<angle>[A-Ja-j])\s*>|(?P<bare>[A-Ja-j])\s*(?:[).:]|$))"
    r"\s*(?P<body>.*)",
    re.IGNORECASE | re.DOTALL,
)
# Without a mark behind it a letter is a label only in these surroundings; `A dog` is a dog.
_UNMARKED: Final = re.compile(
    r"(?:[Oo]ption |[Cc]hoice |[Aa]nswer )?(?P<label>[A-J])"
    r"(?:(?P<verdict> is (?:the )?(?:correct|right|best|true)(?: (?:answer|option|choice|one))?)"
    r"|(?P<joint>,| -{1,2}| (?=[a-z]{4}))\s*(?P<body>[A-Za-z].{2,300}))",
    re.DOTALL,
)
_REASON: Final = re.compile(r"(?:because|since|as|which|the others?)\b", re.IGNORECASE)
_SECOND_LABEL: Final = re.compile(
    r"[(\[][A-Ja-j][)\]]|\b(?:or|and|not|but|nor|than|option|choice|answer|is)\s+"
    r"(?:[B-J]|A(?! [a-z]))\b|[,/&]\s*[A-J]\b"
    r"|^[A-J]\b[.)]?$|^\s*(?:or|and|not|but|nor)\s+\W?[A-Ja-j]\b"
)
_LABELS_TOGETHER: Final = re.compile(r"(?:[Bb]oth )?[A-J](?:, [A-J])*,? (?:and|&) [A-J](?: only)?")
_TAKEN_BACK: Final = re.compile(
    r"\b(?:wait|actually|instead|unsure|not sure|maybe|perhaps|possibly|guess|wrong|incorrect"
    r"|could be|might be|no,)\b",
    re.IGNORECASE,
)
_OTHERS_WRONG: Final = re.compile(
    r"\bothers?(?: (?:options?|choices?|answers?))? (?:is|are)(?: all)? (?:wrong|incorrect)",
    re.IGNORECASE,
)
MAX_BODY: Final = 300


def read(text: str) -> Text | None:
    """A labelled choice; `None` for anything else, and where a second label is in play."""
    match = _CHOICE.fullmatch(text)
    if match is None:
        return _unmarked(text) if text[:1].isupper() or text[1:2].islower() else None
    label = match["round"] or match["square"] or match["angle"] or match["bare"]
    body = re.sub(r"^[-:]+\s+(?=[A-Za-z])", "", match["body"].strip())
    if body and not _harmless(body):
        return None
    if match["angle"] and body:
        return None
    return Text(label.lower(), label=label.upper(), body=canonical_text(body))


def _unmarked(text: str) -> Text | None:
    match = _UNMARKED.fullmatch(text)
    if match is None:
        return None
    label, body = match["label"], match["body"] or ""
    if not match["verdict"]:
        if label in "AI" and match["joint"] == " ":
            return None
        if not _harmless(body) or RETRACTING.match(body) or not re.match(r"[A-Za-z]{3}", body):
            return None
        if re.match(r"(?:is|are|was|and|has|equals|of|to|with)\b", body):
            return None
    return Text(
        label.lower(), label=label, body="" if _REASON.match(body) else canonical_text(body)
    )


def _harmless(body: str) -> bool:
    body = _OTHERS_WRONG.sub(" ", body)
    if len(body) > MAX_BODY or _TAKEN_BACK.search(body):
        return False
    return bool(_LABELS_TOGETHER.fullmatch(body)) or not _SECOND_LABEL.search(body)
