"""Lists, sets, tuples, intervals, unions and matrices, whose items any reader may read."""

import re
from typing import Final

from reasoning_rewards.answers import words
from reasoning_rewards.answers.expression import ExpressionError
from reasoning_rewards.answers.forms import (
    Collection,
    Form,
    Group,
    Reader,
    Relation,
    Scalar,
    Text,
)
from reasoning_rewards.answers.latex import SET_CLOSE, SET_OPEN

MAX_ITEMS: Final = 100

GROUPED: Final = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])")
OPENING: Final = "([{" + SET_OPEN
CLOSING: Final = ")]}" + SET_CLOSE
_PROSE_WORD: Final = re.compile(r"[A-Za-z]{2,}")
# `2 3 5`: numbers of one or two digits; `1 000` is a thousand and `7 1/2` a mixed number.
_SPACED: Final = re.compile(r"-?\d{1,2}(?: -?\d{1,2})+")
_FLIPPED: Final = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}
_MATRIX: Final = re.compile(r"\\begin<(?:[pbvB]?matrix|array)>(.*?)\\end<\w+>", re.DOTALL)


def separated(text: str, depth: int, read: Reader) -> Form | None:
    """Lists: separated by `;`, `,`, `and`, `or`; unions by `∪`; `±` gives both signs."""
    parts = _split(text, ("∪",))
    if len(parts) > 1:
        return _union(parts, depth, read)
    text = re.sub(r"(?<=[\d)}\]A-Z])(or|and)(?=[A-Z(]\()", r" \1 ", text)
    parts = _split(text, (";",))
    if len(parts) > 1:
        return _group(Collection.BARE, [_tupled(part, depth, read) for part in parts])
    parts = _split(text, (",", " and ", " or "))
    if len(parts) > 1:
        parts = [re.sub(r"^(?:and|or)\s+", "", part) for part in parts]
        if not all(_list_like(part) for part in parts):
            return None
        items = [_read_item(part, depth, read) for part in parts]
        joined = None if " or " in text else _conjunction(items)
        return joined or _group(Collection.BARE, items)
    if _SPACED.fullmatch(text):
        return _group(Collection.BARE, [read(part, depth + 1) for part in text.split()])
    if text.count("±") == 1:
        variants = [text.replace("±", sign) for sign in "+-"]
        return _group(
            Collection.BARE, [read(v.lstrip().removeprefix("+"), depth + 1) for v in variants]
        )
    return None


def bracketed(text: str, depth: int, read: Reader) -> Form | None:
    """A tuple, list, set or interval: what stands in one pair of brackets."""
    if len(text) < 2 or text[0] not in OPENING or text[-1] not in CLOSING:
        return None
    level = 0
    for index, char in enumerate(text):
        level += (char in OPENING) - (char in CLOSING)
        if level == 0 and index < len(text) - 1:
            return None
    inner = text[1:-1]
    kind = _KINDS.get(text[0] + text[-1])
    if kind is None:
        return None
    parts = _split(inner, (",", ";"))
    if len(parts) == 1 and GROUPED.fullmatch(inner.strip("-")):
        parts = [part for part in inner.split(",") if part.strip()]  # (1,234) is a pair
    if len(parts) == 1:
        if kind in (Collection.TUPLE, Collection.LIST, Collection.SET):
            return read(inner, depth + 1)
        return None
    return Group(kind, tuple(read(part, depth + 1) for part in parts))


def matrix(text: str, depth: int, read: Reader) -> Form:
    """The rows of a LaTeX matrix; a text where there is more than one."""
    match = _MATRIX.fullmatch(text.strip("()[] "))
    if match is None:
        return words.read(text)
    rows = [row for row in match.group(1).split("\\\\") if row.strip()]
    return Group(
        Collection.MATRIX,
        tuple(
            Group(Collection.ROW, tuple(read(cell, depth + 1) for cell in row.split("&")))
            for row in rows
        ),
    )


def _conjunction(items: list[Form]) -> Relation | None:
    """`x > 3 and x < 7` as 3 < x < 7; `None` where the two do not bound one variable."""
    bounds: dict[bool, tuple[Form, str]] = {}
    names: set[Form] = set()
    for item in items:
        if not isinstance(item, Relation) or len(item.operators) != 1:
            return None
        (left, right), operator = item.sides, item.operators[0]
        if operator not in _FLIPPED:
            return None
        if isinstance(left, Scalar) and isinstance(right, Text):
            left, right, operator = right, left, _FLIPPED[operator]
        if not isinstance(left, Text) or not isinstance(right, Scalar) or right.rational is None:
            return None
        names.add(left)
        bounds[operator in "<≤"] = (right, operator)
    if len(items) != 2 or len(names) != 1 or len(bounds) != 2:
        return None
    (low, above), (high, below) = bounds[False], bounds[True]
    if not (isinstance(low, Scalar) and isinstance(high, Scalar)):
        return None
    if low.rational is None or high.rational is None or low.rational >= high.rational:
        return None
    return Relation((low, names.pop(), high), (_FLIPPED[above], below))


def _union(parts: list[str], depth: int, read: Reader) -> Form:
    """A union; one of sets alone is the set of all their members."""
    if not all(part[0] in "{" + SET_OPEN for part in parts):
        return _group(Collection.UNION, [read(part, depth + 1) for part in parts])
    members: list[Form] = []
    for part in parts:
        form = read(part, depth + 1)
        is_set = isinstance(form, Group) and form.kind is Collection.SET
        members.extend(form.items if is_set and isinstance(form, Group) else (form,))
    return Group(Collection.SET, tuple(members))


def _list_like(part: str) -> bool:
    """Not a clause of a sentence."""
    return len(_PROSE_WORD.findall(part)) <= 4 and not re.search(r"[.!?]\s", part)


def _read_item(part: str, depth: int, read: Reader) -> Form:
    part = re.sub(r"\s+for part\b.*$", "", part.strip())
    return read(part, depth + 1)


def _tupled(part: str, depth: int, read: Reader) -> Form:
    items = _split(part, (",",))
    if len(items) == 1:
        return read(part, depth + 1)
    return Group(Collection.TUPLE, tuple(read(item, depth + 1) for item in items))


def _group(kind: Collection, items: list[Form]) -> Form:
    return items[0] if len(items) == 1 else Group(kind, tuple(items))


def _split(text: str, separators: tuple[str, ...]) -> list[str]:
    """Split at separators outside brackets; commas inside a grouped number are no separators."""
    if not any(separator in text for separator in separators):
        return [text]
    guarded: set[int] = set()
    if "," in separators:
        for match in GROUPED.finditer(text):
            guarded.update(range(match.start(), match.end()))
    parts: list[str] = []
    depth = start = index = 0
    while index < len(text):
        char = text[index]
        if char in OPENING:
            depth += 1
        elif char in CLOSING:
            depth = max(depth - 1, 0)
        elif depth == 0 and index not in guarded:
            found = next((s for s in separators if text.startswith(s, index)), None)
            if found:
                parts.append(text[start:index])
                index += len(found)
                start = index
                continue
        index += 1
    parts.append(text[start:])
    if len(parts) > MAX_ITEMS:
        raise ExpressionError("too many items")
    return [part.strip() for part in parts if part.strip()] or [text]


_KINDS: Final = {
    "()": Collection.TUPLE,
    "[]": Collection.LIST,
    "[)": Collection.LEFT_CLOSED,
    "(]": Collection.RIGHT_CLOSED,
    "{}": Collection.SET,
    SET_OPEN + SET_CLOSE: Collection.SET,
}
