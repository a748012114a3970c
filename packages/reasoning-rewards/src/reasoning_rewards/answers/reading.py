"""From the text of an answer to its form. Linear scans over capped text; nothing is executed."""

import re
from contextlib import suppress
from fractions import Fraction
from functools import lru_cache
from typing import Final

from reasoning_rewards.answers import expression, units, words
from reasoning_rewards.answers.expression import ExpressionError, Node, Operation
from reasoning_rewards.answers.forms import Collection, Form, Group, Relation, Scalar, Text
from reasoning_rewards.answers.latex import SET_CLOSE, SET_OPEN, braced, close_braces, plain_latex
from reasoning_rewards.answers.phrases import RETRACTING, strip_introduction, strip_wrapping
from reasoning_rewards.answers.unicode import plain_unicode
from reasoning_rewards.answers.values import UndefinedValueError

MAX_LENGTH: Final = 1_200
MAX_ITEMS: Final = 100
MAX_SIDES: Final = 8
MAX_DEPTH: Final = 12

_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER: Final = (
    r"(?:\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d+)?|\d{1,3}(?:[ \u2009]\d{3})+(?!\d)(?:\.\d+)?"
    r"|\d+(?:\.\d+)?|\.\d+)"
)
_QUANTITY: Final = re.compile(
    rf"(?P<sign>[-+]?)\s?(?P<currency>US\$|[$€£¥₹]|(?:USD|EUR|GBP|JPY|CNY|INR|CHF|CAD|AUD|Rs\.?)\b)?"
    rf"\s?(?P<sign2>[-+]?)\s?"
    rf"(?P<number>\d+\s+\d{{1,6}}/\d{{1,6}}|{_NUMBER}(?:[eE][-+]?\d{{1,4}}|\s?/\s?\d+(?![\d.,]))?)"
    rf"(?P<power>\s?(?:\*|[xX])\s?10\s?(?:\^|\*\*)\s?\(?(?P<exponent>[-+]?\d{{1,4}})\)?)?"
    rf"(?P<rest>.*)",
    re.DOTALL,
)
_PERCENT: Final = re.compile(
    r"\s*-?(?:%|percent(?:age points?)?\b|pct\b|per cent\b)", re.IGNORECASE
)
_UNIT: Final = re.compile(r"[A-Za-z°¢Ω][A-Za-z°'.\-]*(?:\^\(?-?[1-9]\)?|[1-9])?|[/$€£¥₹]")
_EUROPEAN: Final = re.compile(r"([-+]?)(\d{1,3}(?:\.\d{3})+|\d{1,3}(?: \d{3})+(?=,))(,\d+)?")
_GROUPED: Final = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])")
_SPACED: Final = re.compile(r"(?<![\d.,])\d{1,3}(?:[ \u2009]\d{3})+(?![\d.,]*\d)")
_REPEATING: Final = re.compile(r"(\d*)\.(\d*)(?:\u0305(\d+)\u0305|\((\d+)\))")
_INFINITY: Final = re.compile(r"([-+]?)\s*(?:infinity|infty|inf|oo)", re.IGNORECASE)
_ONE_WORD: Final = re.compile(r"[A-Za-z]+")
_FINAL_PERCENT: Final = re.compile(r"(?:%|\bpercent|\bpct)$")
_FINAL_WORDS: Final = re.compile(r"(?<= )(?:[A-Za-z]{2,20}(?:\^\(?\d\)?)?[ /]?){1,4}$")
_NUMERIC_END: Final = re.compile(r"(?:[\d)°]|\bpi)$")
_EMPTY_SET: Final = re.compile(
    r"(?:the )?(?:empty ?set|null set|∅|\{\s*\}|\ue000\s*\ue001|\ue000?∅\ue001?)", re.IGNORECASE
)
_DATE: Final = re.compile(
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d{1,2}(?:st|nd|rd|th)?,? \d{3,4}",
    re.IGNORECASE,
)
_FUNCTION_NAME: Final = re.compile(r"[A-Za-z]'*(?:\^\(?-1\)?)?(?:_\w+)?\([A-Za-z0-9,]+\)")
_PROSE_WORD: Final = re.compile(r"[A-Za-z]{2,}")
_OPENING: Final = "([{" + SET_OPEN
_CLOSING: Final = ")]}" + SET_CLOSE
_RELATIONS: Final = "<>≤≥≠=≈∈"
_MATRIX: Final = re.compile(r"\\begin<(?:[pbvB]?matrix|array)>(.*?)\\end<\w+>", re.DOTALL)


@lru_cache(maxsize=4096)
def read(text: str) -> Form | None:
    """The form of an answer, or `None` when nothing is there. Never raises."""
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if len(text) > MAX_LENGTH:
        return words.verbatim(text)
    plain = plain_unicode(text)
    if plain is None:
        return Text(text, unreadable=True)
    if len(plain) > MAX_LENGTH:  # NFKC can make a text eighteen times as long
        return words.verbatim(text)
    try:
        plain = plain_latex(_outer(plain))
        return _read_answer(plain)
    except (ExpressionError, ValueError, RecursionError):
        return words.read(plain)


def _integer(text: str) -> Scalar:
    value = Fraction(int(text))
    return Scalar(Node(Operation.NUMBER, value=value), value, literal=True)


def _outer(text: str) -> str:
    """The content of `\\boxed{…}` where there is one, and text without its math delimiters."""
    boxes = _boxes(close_braces(text))
    if boxes:
        outside, contents = boxes
        if RETRACTING.search(outside) and not re.fullmatch(r"(?:.*\b(?:or)\b.*)", outside):
            return "unreadable " + text.replace("\\boxed", "")
        text = ", ".join(contents)
    text = text.replace("\\$", "\ue002").replace("$$", " ")
    if text.count("$") % 2 == 0:
        text = _inside_dollars(text)
    return text.replace("\ue002", "$")


def _inside_dollars(text: str) -> str:
    """Without `$…$` delimiters. `$5 and $6` are amounts, `$5$ and $6$` are formulas."""
    if "$" not in text:
        return text
    first, *pieces = text.split("$")
    if all(piece.lstrip()[:1].isdigit() for piece in pieces):
        return text
    return " ".join((first, *pieces))


def _boxes(text: str) -> tuple[str, list[str]] | None:
    if "\\boxed" not in text and "\\fbox" not in text:
        return None
    contents: list[str] = []
    outside: list[str] = []
    index = 0
    while (match := re.compile(r"\\f?box(?:ed)?\s*").search(text, index)) is not None:
        outside.append(text[index : match.start()])
        start = match.end()
        if text[start : start + 1] == "{":
            end = braced(text, start)
            if end < 0:
                end = len(text)
            contents.append(text[start + 1 : end])
            index = end + 1
        else:
            word = re.compile(r"[^\s$\\]*").match(text, start)
            end = word.end() if word else start
            contents.append(text[start:end])
            index = end
    outside.append(text[index:])
    return " ".join(outside), contents


def _read_answer(text: str) -> Form | None:
    text = strip_wrapping(text)
    if "\n" in text:
        text = _last_line(text)
    text = strip_wrapping(strip_introduction(text))
    if not text:
        return None
    return _read(text, 0)


def _last_line(text: str) -> str:
    """The conclusion under lines of prose; lines of numbers stay what they are, a list."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    before = lines[:-1]
    if all(re.search(r"[A-Za-z]{2}.*[.:]$", line) for line in before):
        joined = " ".join(before)
        if not RETRACTING.search(joined):
            return lines[-1]
    return " ".join(lines)


def _read(text: str, depth: int) -> Form:
    if depth > MAX_DEPTH:
        raise ExpressionError("nested too deep")
    text = text.strip()
    if re.match(r"(?:not|neither|never)\b", text, re.IGNORECASE):
        return words.read(text)
    european = _EUROPEAN.fullmatch(text)
    if european and european.group(2) and (european.group(3) or text.count(".") > 1):
        whole = european.group(1) + european.group(2).replace(".", "").replace(" ", "")
        return _read(whole + (european.group(3) or "").replace(",", "."), depth + 1)
    if "\\begin<" in text:
        return _matrix(text, depth)
    if infinity := _INFINITY.fullmatch(text):
        return Text(("-" if infinity.group(1) == "-" else "") + "infinity")
    if _EMPTY_SET.fullmatch(text):
        return Text("empty set")
    if label := words.choice(text):
        return label
    if _DATE.fullmatch(text):
        return words.read(text)
    if explained := words.explained_yes_no(text):
        return explained
    if _ONE_WORD.fullmatch(text) and text not in ("pi", "Pi"):
        return words.read(text)
    grouped = _GROUPED.sub(lambda match: match.group().replace(",", ""), text)
    quantity = _quantity(grouped)
    if quantity is not None:
        return quantity
    for form in (_separated(text, depth), _related(text, depth), _bracketed(text, depth)):
        if form is not None:
            return form
    try:
        return _expression(grouped) or words.read(text)
    except ExpressionError:
        return words.read(text)


def _quantity(text: str) -> Scalar | None:
    """A number with an optional currency, magnitude, percent sign and unit; `None` otherwise."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    number, rest = match["number"], match["rest"]
    if len(number) > expression.MAX_DIGITS or (match["sign"] and match["sign2"]):
        return None
    currency = (match["currency"] or "").strip(" .").casefold()
    unit = units.CURRENCIES.get(currency, currency)
    percent = False
    value, digits, decimals = _number(number)
    if value is None:
        return None
    if match["exponent"]:
        if abs(int(match["exponent"])) > expression.MAX_DIGITS:
            return None
        value *= Fraction(10) ** int(match["exponent"])
        digits = decimals = 0
    scale, rest = _magnitude(rest, bool(currency))
    if scale != 1:
        value, digits, decimals = value * scale, 0, 0
    if percent_match := _PERCENT.match(rest):
        percent = True
        rest = rest[percent_match.end() :]
    if rest.strip():
        suffix = _unit(rest, attached=not rest[0].isspace() and not percent)
        if suffix is None:
            return None
        unit = unit or suffix
    if "-" in (match["sign"], match["sign2"]):
        value = -value
    return Scalar(
        Node(Operation.NUMBER, value=value),
        value,
        literal=True,
        unit=unit,
        percent=percent,
        digits=digits,
        decimals=decimals,
    )


def _number(text: str) -> tuple[Fraction | None, int, int]:
    """(value, significant digits, digits after the point) of an unsigned literal."""
    text = text.strip()
    if re.search(r"\s\d+/", text):
        whole, fraction = text.split(None, 1)
        top, bottom = fraction.split("/")
        if int(bottom) == 0:
            return None, 0, 0
        return Fraction(int(whole)) + Fraction(int(top), int(bottom)), 0, 0
    text = re.sub(r"[, \u2009]", "", text)
    if "/" in text:
        top, bottom = text.split("/")
        if int(bottom) == 0:
            return None, 0, 0
        return Fraction(top) / Fraction(bottom), 0, 0
    mantissa, _, exponent = text.lower().partition("e")
    value = Fraction(mantissa)
    if exponent:
        if abs(int(exponent)) > expression.MAX_DIGITS:
            return None, 0, 0
        return value * Fraction(10) ** int(exponent), 0, 0
    _, point, after = mantissa.partition(".")
    significant = len(mantissa.replace(".", "").lstrip("0")) if point else 0
    return value, significant, len(after)


def _magnitude(rest: str, currency: bool) -> tuple[Fraction, str]:
    if rest[:1] in ("k", "K") and not rest[1:2].isalpha():
        return Fraction(1000), rest[1:]
    if currency and rest[:1] in ("M", "B") and not rest[1:2].isalpha():
        return Fraction(10**6 if rest[0] == "M" else 10**9), rest[1:]
    scale = Fraction(1)
    while match := re.match(r"[\s-]*([A-Za-z]+)\b", rest):
        factor = units.MAGNITUDES.get(match.group(1).casefold())
        if factor is None:
            break
        scale *= factor
        rest = rest[match.end() :]
    return scale, rest


def _unit(rest: str, attached: bool) -> str | None:
    """The canonical unit in the text after a number, or `None` if it is something else."""
    text = re.sub(r"^\s*-\s*(?=[A-Za-z])", " ", rest).strip().strip(". ")
    text = re.sub(r"\s*\(s\)|\(es\)", "s", text)
    text = re.sub(r"° ?([CF])\b", r"°\1", text.replace("*", " ").rstrip(","))
    if "," in text:
        return None
    if text in ('"', "''"):
        return "in"
    text = re.sub(r"^[(\[](.*)[)\]]$", r"\1", text)
    found = text.replace("/", " / ").split()
    if not found or len(found) > 8:
        return None
    if sum(len(word.split("^")[0]) == 1 for word in found if word != "/") > 1 and "/" not in found:
        return None  # `g t^2` is algebra
    for index, word in enumerate(found):
        bare = word.strip(".,")
        if not _UNIT.fullmatch(bare):
            return None
        if bare != "Omega" and not units.FORBIDDEN.isdisjoint(
            re.split(r"[-\d^(]", bare.casefold())
        ):
            return None
        letters = re.match(r"[A-Za-z]*", bare)
        name = letters.group() if letters else ""
        known = name in units.SHORT_UNITS or name.casefold() in units.CURRENCIES
        if index == 0 and 0 < len(name) <= 2 and not known:
            return None
    return units.canonical_unit(text)


def _separated(text: str, depth: int) -> Form | None:
    """Lists: separated by `;`, `,`, `and`, `or`; unions by `∪`; `±` gives both signs."""
    parts = _split(text, ("∪",))
    if len(parts) > 1:
        return _union(parts, depth)
    text = re.sub(r"(?<=[\d)}\]A-Z])(or|and)(?=[A-Z(]\()", r" \1 ", text)
    parts = _split(text, (";",))
    if len(parts) > 1:
        return _group(Collection.BARE, [_tupled(part, depth) for part in parts])
    parts = _split(text, (",", " and ", " or "))
    if len(parts) > 1:
        parts = [re.sub(r"^(?:and|or)\s+", "", part) for part in parts]
        if not all(_list_like(part) for part in parts):
            return None
        return _group(Collection.BARE, [_read_item(part, depth) for part in parts])
    if text.count("±") == 1:
        variants = [text.replace("±", sign) for sign in "+-"]
        return _group(
            Collection.BARE, [_read(v.lstrip().removeprefix("+"), depth + 1) for v in variants]
        )
    return None


def _union(parts: list[str], depth: int) -> Form:
    """A union; one of sets alone is the set of all their members."""
    if not all(part[0] in "{" + SET_OPEN for part in parts):
        return _group(Collection.UNION, [_read(part, depth + 1) for part in parts])
    members: list[Form] = []
    for part in parts:
        form = _read(part, depth + 1)
        is_set = isinstance(form, Group) and form.kind is Collection.SET
        members.extend(form.items if is_set and isinstance(form, Group) else (form,))
    return Group(Collection.SET, tuple(members))


def _list_like(part: str) -> bool:
    """Not a clause of a sentence."""
    return len(_PROSE_WORD.findall(part)) <= 4 and not re.search(r"[.!?]\s", part)


def _read_item(part: str, depth: int) -> Form:
    part = re.sub(r"\s+for part\b.*$", "", part.strip())
    return _read(part, depth + 1)


def _tupled(part: str, depth: int) -> Form:
    items = _split(part, (",",))
    if len(items) == 1:
        return _read(part, depth + 1)
    return Group(Collection.TUPLE, tuple(_read(item, depth + 1) for item in items))


def _group(kind: Collection, items: list[Form]) -> Form:
    return items[0] if len(items) == 1 else Group(kind, tuple(items))


def _split(text: str, separators: tuple[str, ...]) -> list[str]:
    """Split at separators outside brackets; commas inside a grouped number are no separators."""
    if not any(separator in text for separator in separators):
        return [text]
    guarded: set[int] = set()
    if "," in separators:
        for match in _GROUPED.finditer(text):
            guarded.update(range(match.start(), match.end()))
    parts: list[str] = []
    depth = start = index = 0
    while index < len(text):
        char = text[index]
        if char in _OPENING:
            depth += 1
        elif char in _CLOSING:
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


def _related(text: str, depth: int) -> Form | None:
    if not any(char in text for char in _RELATIONS):
        return None
    text = text.replace("<=", "≤").replace(">=", "≥").replace("!=", "≠").replace("=>", " ")
    text = text.replace("==", "=")
    sides: list[str] = []
    operators: list[str] = []
    level = start = 0
    for index, char in enumerate(text):
        if char in _OPENING:
            level += 1
        elif char in _CLOSING:
            level = max(level - 1, 0)
        elif level == 0 and char in _RELATIONS:
            sides.append(text[start:index].strip())
            operators.append(char)
            start = index + 1
    sides.append(text[start:].strip())
    if not operators:
        return None
    if len(operators) > MAX_SIDES:
        raise ExpressionError("too many relations")
    if "≈" in operators:  # an exact value and its approximation: the exact one is the answer
        cut = operators.index("≈")
        sides, operators = sides[: cut + 1], operators[:cut]
        if not operators:
            return _read(sides[0], depth + 1)
    if not all(sides):
        if operators == ["="] and sides[1]:
            return _read(sides[1], depth + 1)
        raise ExpressionError("a relation without a side")
    if operators == ["∈"]:
        return _read(sides[1], depth + 1)
    if set(operators) == {"="}:
        return _equation(sides, depth)
    return Relation(tuple(_read(side, depth + 1) for side in sides), tuple(operators))


def _equation(sides: list[str], depth: int) -> Form:
    """The last side is the answer; `2x + 3y = 5` stays an equation."""
    last = _read(sides[-1], depth + 1)
    if isinstance(last, Text) and len(last.canonical) == 1 and sides[-2][-1:].isdigit():
        return _read(sides[-2], depth + 1)  # `20 = A`
    if len(sides) == 2 and _is_algebra(sides[0]):
        return Relation((_read(sides[0], depth + 1), last), ("=",))
    name = re.sub(r"\s", "", sides[0])
    if isinstance(last, Scalar):
        return Scalar(
            last.node, last.value, last.literal, last.names, last.unit, last.percent,
            last.digits, last.decimals, name,
        )  # fmt: skip
    if isinstance(last, Group):
        return Group(last.kind, last.items, name)
    return last


def _is_algebra(side: str) -> bool:
    """An expression with variables and numbers or sums, not the name of something."""
    if _FUNCTION_NAME.fullmatch(side.replace(" ", "")):
        return False
    try:
        node = expression.parse(side)
    except ExpressionError:
        return False
    if not node.names() or node.operation in (Operation.NAME, Operation.NUMBER):
        return False
    return bool(re.search(r"(?<![_A-Za-z(])\d|[-+^]", side)) or "*" in side


def _bracketed(text: str, depth: int) -> Form | None:
    if len(text) < 2 or text[0] not in _OPENING or text[-1] not in _CLOSING:
        return None
    level = 0
    for index, char in enumerate(text):
        level += (char in _OPENING) - (char in _CLOSING)
        if level == 0 and index < len(text) - 1:
            return None
    inner = text[1:-1]
    kind = _KINDS.get(text[0] + text[-1])
    if kind is None:
        return None
    parts = _split(inner, (",", ";"))
    if len(parts) == 1 and _GROUPED.fullmatch(inner.strip("-")):
        parts = [part for part in inner.split(",") if part.strip()]  # (1,234) is a pair
    if len(parts) == 1:
        if kind in (Collection.TUPLE, Collection.LIST, Collection.SET):
            return _read(inner, depth + 1)
        return None
    return Group(kind, tuple(_read(part, depth + 1) for part in parts))


_KINDS: Final = {
    "()": Collection.TUPLE,
    "[]": Collection.LIST,
    "[)": Collection.LEFT_CLOSED,
    "(]": Collection.RIGHT_CLOSED,
    "{}": Collection.SET,
    SET_OPEN + SET_CLOSE: Collection.SET,
}


def _matrix(text: str, depth: int) -> Form:
    match = _MATRIX.fullmatch(text.strip("()[] "))
    if match is None:
        return words.read(text)
    rows = [row for row in match.group(1).split("\\\\") if row.strip()]
    return Group(
        Collection.MATRIX,
        tuple(
            Group(Collection.ROW, tuple(_read(cell, depth + 1) for cell in row.split("&")))
            for row in rows
        ),
    )


def _expression(text: str) -> Scalar | None:
    repeating = _REPEATING.fullmatch(text.rstrip("."))
    if repeating:
        return _repeating(repeating)
    text = text.replace("\u2009", " ")
    percent = _FINAL_PERCENT.search(text)
    body, unit = _without_unit(text[: percent.start()] if percent else text)
    node = expression.parse(body)
    if node.operation is Operation.NAME and node.name != "pi":
        return None
    names = node.names()
    value = None
    if not names:
        with suppress(UndefinedValueError):
            value = expression.evaluate(node, {})
    return Scalar(node, value, node.is_literal(), names, unit=unit, percent=percent is not None)


def _without_unit(text: str) -> tuple[str, str]:
    """`9 pi square units` without its unit: words of two and more letters after a number."""
    if text.startswith(("$", "€", "£")):
        return text[1:], units.CURRENCIES[text[:1]]
    found = _FINAL_WORDS.search(text)
    if found is None:
        return text, ""
    body = text[: found.start()].rstrip()
    unit = _unit(" " + found.group(), attached=False)
    if unit is None or not _NUMERIC_END.search(body):
        return text, ""
    return body, unit


def _repeating(match: re.Match[str]) -> Scalar | None:
    whole, fixed, block = match.group(1) or "0", match.group(2), match.group(3) or match.group(4)
    if len(whole) + len(fixed) + len(block) > 100:
        return None
    value = Fraction(int(whole + fixed or "0"), 10 ** len(fixed)) + Fraction(
        int(block), 10 ** len(fixed) * (10 ** len(block) - 1)
    )
    return Scalar(Node(Operation.NUMBER, value=value), value, literal=True)
