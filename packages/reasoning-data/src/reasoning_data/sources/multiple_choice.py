"""Choices of a multiple-choice row, and its key, in the layouts of known data sets."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from reasoning_data.errors import Reason, RowError
from reasoning_data.sources.files.raw_row import Row

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LISTS = ("choices", "options", "endings", "answers")
# `opa` (MedMCQA), `option1` (WinoGrande), `sol1` (PIQA), `A` (MMLU as CSV).
NUMBERED = re.compile(
    r"(?:op|option|choice|sol|answer|ending)_?(?P<label>[a-e0-9])|(?P<letter>[A-E])"
)
KEYS = (
    "answerKey", "answer_index", "answer_idx", "correct_option", "correct", "label", "cop", "gold",
    "answer",
)  # fmt: skip
LABELLED = re.compile(r"\(?([A-Z])[).:]\s*")
LETTER = re.compile(r"\(?([A-Za-z])[).]?")


class Choices(NamedTuple):
    """Texts of the choices, and the index of the right one, counted from 0."""

    texts: list[str]
    right: int


def read_choices(row: Row) -> Choices:
    """Read the choices of a row.

    They are `{"text": […], "label": […]}` or a list of such objects (ARC, CommonsenseQA), a list
    (MMLU, MMLU-Pro, RACE, AQuA, HellaSwag), an object from labels to texts (MedQA), or separate
    fields (MedMCQA). The key is a label, a letter, a number counted from 0, or the text of a
    choice; if the row has several keys, they must agree.

    Raises:
        RowError: There are no choices, or the key matches none of them.
    """
    texts, labels = _texts_and_labels(row)
    if len(texts) > len(LETTERS):
        raise RowError(
            Reason.BAD_GOLD, f"{len(texts)} choices, at most {len(LETTERS)} have letters"
        )
    keys = {name: row[name] for name in KEYS if _is_key(row.get(name))}
    if not keys:
        raise RowError(Reason.BAD_GOLD, f"no key says which of {labels or texts!r} is right"[:200])
    # PIQA's `label` counts from 0 though its choices are named `sol1` and `sol2`.
    named = {name: [] if name == "label" else labels for name in keys}
    found = {name: _number(key, texts, named[name]) for name, key in keys.items()}
    numbers = {number for number in found.values() if number is not None}
    if len(numbers) > 1:
        raise RowError(Reason.CONFLICTING_GOLD, f"keys to different choices: {keys!r}"[:200])
    if not numbers:
        name, key = next(iter(keys.items()))
        raise RowError(
            Reason.BAD_GOLD, f"the key {name} = {key!r} matches none of {labels or texts!r}"[:200]
        )
    return Choices(texts, numbers.pop())


def _texts_and_labels(row: Row) -> tuple[list[str], list[str]]:
    for name in LISTS:
        if choices := row.get(name):
            return _of_value(choices)
    numbered = {str(name): found for name in row if (found := NUMBERED.fullmatch(str(name)))}
    if len(numbered) > 1:
        matches = [numbered[name] for name in sorted(numbered)]
        labels = [(match["label"] or match["letter"]).upper() for match in matches]
        return [str(row[name]) for name in sorted(numbered)], labels
    raise RowError(Reason.MISSING_FIELD, f"no choices among {sorted(map(str, row))!r}"[:200])


def _of_value(choices: Any) -> tuple[list[str], list[str]]:
    if isinstance(choices, list | tuple) and all(isinstance(c, Mapping) for c in choices):
        choices = {name: [c.get(name) for c in choices] for name in ("text", "label")}
    if isinstance(choices, Mapping) and {"text", "label"} <= set(choices):
        texts, labels = list(choices["text"]), [str(label) for label in choices["label"]]
        if len(texts) != len(labels):
            raise RowError(Reason.MISSING_FIELD, f"{len(texts)} choices, {len(labels)} labels")
        return [str(text) for text in texts], labels
    if isinstance(choices, Mapping):
        return [str(text) for text in choices.values()], [str(label) for label in choices]
    if isinstance(choices, list | tuple):
        return _without_labels([str(text) for text in choices]), []
    raise RowError(Reason.MISSING_FIELD, f"no choices in {choices!r}"[:200])


def _without_labels(texts: list[str]) -> list[str]:
    """Turn `A)21`, `B)22` into `21`, `22`, but only if all choices are labelled in order."""
    found = [LABELLED.match(text) for text in texts]
    labels = "".join(match[1] for match in found if match)
    if labels != LETTERS[: len(texts)]:
        return texts
    return [text[match.end() :] for text, match in zip(texts, found, strict=True) if match]


def _is_key(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, int) and not isinstance(value, bool)


def _number(key: str | int, texts: list[str], labels: list[str]) -> int | None:
    """Return the index of the choice that a key names; None if it names none or is ambiguous."""
    text = str(key).strip()
    if text in labels:
        return labels.index(text)
    numbers = set()
    if text.isdecimal() and not any(label.isdecimal() for label in labels):
        numbers.add(int(text))
    if (letter := LETTER.fullmatch(text)) and not labels:
        numbers.add(LETTERS.index(letter[1].upper()))
    if isinstance(key, str) and texts.count(text) == 1:
        numbers.add(texts.index(text))
    number = numbers.pop() if len(numbers) == 1 else None
    return number if number is not None and number < len(texts) else None
