"""Names for results: in `x = 24 * 3, so x = 72` the second statement says what the first computes.

A name is what stands alone before an equals sign, `x` or `total cost`. Names inside a computation
(`total = tea + cake`) are replaced by their values.
"""

import re
from typing import Final

from reasoning_rewards.equations.arithmetic import Number, read_side

MAX_NAMES: Final = 60
MAX_NAME: Final = 40  # characters

_STATEMENT: Final = re.compile(
    r"(?:^|(?<=[\n;:#])|(?<=[.,] )|(?<= so )|(?<= and )|(?<= then ))[ \t$]*"
    r"(?:(?:so|then|let|thus|and|hence|therefore|where|that|we get|we have|now|the) ){0,3}"
    r"(?P<name>[A-Za-z_][\w']{0,30}(?: [A-Za-z_][\w']{0,30}){0,3}) ?= ?"
    r"(?P<value>[^=\n;#≈]{1,100}?)\s*(?P<end>$|[\n;#=≈]|[.,](?=\s|$)|(?= so | and | then ))",
    re.IGNORECASE,
)
# A cheap look before `_names_something`: beginning with one character, it searches fast.
_NAMED: Final = re.compile(r"=(?:(?<=[^\W\d_].)|(?<=[^\W\d_] .))")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*")
# `m + c = 102`
_SUM_OF_NAMES: Final = re.compile(
    r"(?<![\w.^*/+-])(?<![-+*/^] )[A-Za-z_]\w*"
    r"(?: ?[-+*/] ?(?:[A-Za-z_]\w*|\d[\d.]{0,12})){1,6} ?(?==)"
)
_FORMULA: Final = re.compile(r"[\w\s.$()*/+-]+")


def with_values(text: str) -> str:
    """The text with each name's later value beside its computation."""
    if len(_NAMED.findall(text)) < 2 or not _names_something(text):
        return text
    pieces: list[str] = []
    done = 0
    values: dict[str, Number] = {}
    changed: set[str] = set()
    named_at: dict[str, int] = {}
    waiting: dict[str, str] = {}  # computations whose result is not stated yet
    for match in _STATEMENT.finditer(text):
        name, value = match["name"].casefold(), match["value"]
        side = read_side(value)
        if side is None and (formula := _with_known(value, values)):
            side = read_side(formula)
            if side is None:
                continue
            pieces += (text[done : match.start("value")], formula)
            done = match.end("value")
            value = formula
        if side is None:
            continue
        if not side.operators and name in waiting and match["end"] not in ("=", "≈"):
            computation = waiting.pop(name)
            pieces += (text[done : match.start("value")], f"{computation} = ")
            done = match.start("value")
        elif side.operators and match["end"] not in ("=", "≈"):
            waiting[name] = value.strip()
        else:
            waiting.pop(name, None)
        if values.setdefault(name, side.value) != side.value:
            changed.add(name)
        named_at.setdefault(name, match.end())
        values[name] = side.value
        if len(values) > MAX_NAMES:
            break
    if not values:
        return text
    constant = {name: value for name, value in values.items() if name not in changed}
    text = "".join((*pieces, text[done:]))
    # Algebra comes before its solution: only what was known by then is put in.
    first = min(named_at.values())
    return text[:first] + _SUM_OF_NAMES.sub(
        lambda match: _with_known(match.group(), constant) or match.group(), text[first:]
    )


def _names_something(text: str) -> bool:
    """Whether a word stands before two equals signs, or behind one and another before one."""
    names: set[str] = set()
    named = 0
    uses_name = False
    equals = text.find("=")
    while equals > 0:
        end = equals - (text[equals - 1] == " ")
        if text[end - 1 : end].isalpha() and _begins_near(text, end):
            name = text[max(end - 30, 0) : end].split()[-1].lstrip("$")
            if name in names:
                return True
            names.add(name)
            named += 1
        uses_name = uses_name or text[equals + 1 : equals + 3].lstrip()[:1].isalpha()
        if uses_name and named > 1:
            return True
        equals = text.find("=", equals + 1)
    return False


def _begins_near(text: str, end: int) -> bool:
    """Whether a statement begins not far before: names have few words."""
    floor = max(end - MAX_NAME, 0)
    return floor == 0 or any(text.find(mark, floor, end) >= 0 for mark in "\n.,;:#")


def _with_known(value: str, values: dict[str, Number]) -> str:
    """A computation with every name in it replaced by its value; empty if one has none."""
    if not values or not _FORMULA.fullmatch(value):
        return ""
    names = {name.casefold() for name in _IDENTIFIER.findall(value)}
    if not names or not names <= values.keys():
        return ""
    return _IDENTIFIER.sub(lambda match: _written(values[match.group().casefold()]), value)


def _written(number: Number) -> str:
    return str(number) if isinstance(number, int) and number >= 0 else f"({number})"
