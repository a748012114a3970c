"""One question to a judge, and the verdict that its reply gives: JSON, or a plain yes or no."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from reasoning_rewards.judge.items import JudgeItem

FORMAT: Final = 1
"""Counts up when prompts or the reading of replies change, so that old cached verdicts do not."""

_KEYS: Final = ("met", "verdict", "answer", "result", "score", "value")
_WORDS: Final = {
    "yes": 1.0, "true": 1.0, "met": 1.0, "pass": 1.0,
    "no": 0.0, "false": 0.0, "not met": 0.0, "unmet": 0.0, "fail": 0.0,
}  # fmt: skip
_EDGE: Final = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True)
class Question:
    """One item asked of one completion.

    Attributes:
        item: The item.
        prompt: The problem that the completion answers.
        completion: The text to check.
    """

    item: JudgeItem
    prompt: str
    completion: str

    def key(self, model: str) -> str:
        """Return what a cached verdict is found by: model, item's question, prompt, completion."""
        parts = [FORMAT, model, self.item.question, self.prompt, self.completion]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class JudgeVerdict:
    """What became of a question.

    Attributes:
        value: From 0, not met, to 1, met; None without a verdict.
        fault: Why there is none; empty if there is one.
    """

    value: float | None
    fault: str = ""


def read_verdict(reply: str) -> JudgeVerdict:
    """Return the verdict of a reply; one that leaves a doubt is a fault.

    A JSON object with `met` (or `verdict`, `answer`, `score` …) counts, wherever it stands. Without
    any, the first or the last word may say yes or no. What a model writes before `</think>` is not
    its reply.
    """
    text = reply.rpartition("</think>")[2].strip()
    found = {value for entry in _objects(text) for value in _values(entry)}
    if "{" not in text and "<think>" not in text:  # neither broken JSON nor half a thought
        found = set(_said(text))
    if len(found) == 1 and (value := found.pop()) is not None:
        return JudgeVerdict(value)
    return JudgeVerdict(None, f"no clear verdict in the reply {text[:60]!r}")


def _objects(text: str) -> Iterator[list[tuple[str, Any]]]:
    """Yield the JSON objects in a text, each as its pairs: a key may be written twice."""
    decoder = json.JSONDecoder(object_pairs_hook=list)
    place = text.find("{")
    while place >= 0:
        try:
            pairs, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = place + 1
        else:
            yield pairs
        place = text.find("{", end)


def _values(pairs: list[tuple[str, Any]]) -> Iterator[float | None]:
    for key, value in pairs:
        if key.strip().lower() in _KEYS:
            yield _value(value)


def _value(value: Any) -> float | None:
    if isinstance(value, str):
        return _WORDS.get(" ".join(value.lower().split()).strip(" ."))
    if isinstance(value, bool | int | float) and 0 <= value <= 1:
        return float(value)
    return None


def _said(text: str) -> Iterator[float]:
    """Yield what the first and the last word say, if they are yes or no."""
    words = [word for word in _EDGE.split(text.lower()) if word]
    for word in (*words[:1], *words[-1:]):
        if word in ("yes", "no", "true", "false"):
            yield _WORDS[word]
