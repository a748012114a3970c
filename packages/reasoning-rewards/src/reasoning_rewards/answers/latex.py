"""LaTeX and Markdown to plain infix text. A single pass over the string; nothing is evaluated.

`\\frac{1}{2}` becomes `(1/2)`, `\\sqrt[3]{x}` `root(3,x)`, `\\text{ cm}` ` cm`, `x_{1}` `x_1`,
`2^{10}` `2^(10)`. Commands that are not known stay as they are, so that two equal strings still
compare equal.
"""

import re
from typing import Final

MAX_DEPTH: Final = 24

_TEXT: Final = frozenset(
    "text textbf textit textrm texttt textnormal textsf mathrm mathbf mathit mathsf mathtt mathcal "
    "mathbb boldsymbol operatorname mbox hbox emph underline vec bar hat".split()
)
_DROPPED: Final = frozenset(
    "left right big Big bigg Bigg bigl bigr Bigl Bigr displaystyle textstyle limits nolimits "
    "angle triangle hline bf it rm sf tt large Large LARGE huge small tiny normalsize".split()
)
_DISCARDED_ARGUMENT: Final = frozenset("color textcolor phantom hspace vspace label tag".split())
_SPACES: Final = frozenset(", ; : ! > quad qquad  thinspace nobreakspace".split(" "))
_SYMBOLS: Final = {
    "cdot": "*", "times": "*", "ast": "*", "div": "/", "le": " ≤ ", "leq": " ≤ ",
    "leqslant": " ≤ ", "ge": " ≥ ", "geq": " ≥ ", "geqslant": " ≥ ", "lt": " < ", "gt": " > ",
    "ne": " ≠ ", "neq": " ≠ ", "approx": " ≈ ", "simeq": " ≈ ", "pm": " ± ", "cup": " ∪ ",
    "cap": " ∩ ", "in": " ∈ ", "infty": " infinity ", "circ": "°", "degree": "°", "lbrace": "{",
    "rbrace": "}", "lbrack": "[", "rbrack": "]", "langle": "(", "rangle": ")", "colon": ":",
    "to": " to ", "implies": " => ", "Rightarrow": " => ", "vert": "|", "lvert": "|", "rvert": "|",
    "mid": "|", "ldots": "...", "dots": "...", "cdots": "...", "emptyset": " emptyset ",
    "varnothing": " emptyset ", "land": " and ", "lor": " or ", "vee": " or ", "wedge": " and ",
    "percent": "%", "prime": "'", "pounds": "£", "euro": "€", "textdollar": "$",
    "euros": "€", "textdegree": "°", "lfloor": "floor(", "rfloor": ")",
    "lceil": "ceil(", "rceil": ")", "square": "□", "blacksquare": "■", "Box": "□",
    "checkmark": "✓", "bigstar": "★", "star": "*", "rightarrow": "→", "longrightarrow": "→",
    "qed": "∎", "bullet": "•", "cong": " ≈ ", "mathbf": "", "backslash": "",
}  # fmt: skip
_FRACTIONS: Final = frozenset(("frac", "dfrac", "tfrac", "cfrac"))
_COMMAND: Final = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
_DIGITS_NEXT: Final = re.compile(r"\s*(?:\d|\{\d+\})")
_OVER: Final = re.compile(r"\\over(?![A-Za-z])")
# `\\log_{2}{5}`: what follows the base must not become a part of it.
_LOG_BASE: Final = re.compile(r"\blog\s*_(?:\w|\(?\w{1,6}\)?)$")
_JOINED_COMMA: Final = re.compile(r",\s?\\!\s?")  # 1,\! 234
_SIMPLE: Final = re.compile(r"\d+(?:\.\d+)?")
# A set's braces (`\{`) must survive while LaTeX's grouping braces go: they travel as these two.
SET_OPEN: Final = "\ue000"
SET_CLOSE: Final = "\ue001"


def plain_latex(text: str) -> str:
    """Plain text of a LaTeX string; raises `ValueError` beyond `MAX_DEPTH` nested groups."""
    if "\\" not in text and "{" not in text:
        return text
    # `\\text{cm}^2`: the space that keeps words apart must not part a unit from its power.
    text = _JOINED_COMMA.sub(",", text)
    text = close_braces(text)
    converted = _group(text, 0) if _over(text) else _convert(text, 0)
    return converted.replace(" ^", "^").replace(" _", "_")


def close_braces(text: str) -> str:
    """The text with the missing `}` added at its end, so that looking for one never fails twice."""
    depth = 0
    escaped = False
    for char in text:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == "{":
            depth += 1
        elif char == "}":
            depth = max(depth - 1, 0)
    return text + "}" * depth


def braced(text: str, start: int) -> int:
    """The index of the `}` that closes the `{` at `start`, or -1. Linear."""
    depth = 0
    index = start
    while index < len(text):
        char = text[index]
        if char == "\\":
            index += 1
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                return index
        index += 1
    return -1


def _convert(text: str, depth: int) -> str:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deep")
    out: list[str] = []
    index = 0
    while index < len(text):
        char = text[index]
        if char == "\\":
            index = _command(text, index, out, depth)
        elif char in "^_" and text[index + 1 : index + 2] in ("{", "\\"):
            argument, index = _argument(text, index + 1, depth)
            out.append(_script(char, argument))
            if char == "_" and text[index : index + 1].isdigit():
                out.append(" ")  # `\log_{10}5` has the base 10
        elif char == "{":
            end = braced(text, index)
            if end < 0:
                index += 1
                continue
            inner = _group(text[index + 1 : end], depth)
            out.append(f"({inner})" if _LOG_BASE.search("".join(out[-10:])) else inner)
            index = end + 1
        elif char in "}~":
            out.append(" " if char == "~" else "")
            index += 1
        else:
            out.append(char)
            index += 1
    return "".join(out)


def _group(inner: str, depth: int) -> str:
    if inner == ",":  # 12{,}345
        return ","
    if over := _over(inner):
        return _fraction(_convert(over[0], depth + 1), _convert(over[1], depth + 1), [])
    converted = _convert(inner, depth + 1)
    # A brace group with a comma is how people write a set without the backslashes.
    return f"{SET_OPEN}{converted}{SET_CLOSE}" if "," in converted else converted


def _over(inner: str) -> tuple[str, str] | None:
    """Numerator and denominator of `7 \\over 12`, TeX's own fraction."""
    match = _OVER.search(inner) if "\\over" in inner else None
    if match is None or inner.count("{", 0, match.start()) != inner.count("}", 0, match.start()):
        return None
    return inner[: match.start()], inner[match.end() :]


def _script(kind: str, argument: str) -> str:
    argument = argument.strip()
    if kind == "_":
        argument = argument.replace(" ", "")
        return f"_{argument}" if argument.isalnum() else f"_({argument})"
    if argument in ("°", "(°)"):
        return "°"
    if argument in ("'", "''"):
        return argument
    return f"^{argument}" if argument.isdigit() or len(argument) == 1 else f"^({argument})"


def _argument(text: str, index: int, depth: int) -> tuple[str, int]:
    """One LaTeX argument: a brace group, a command, or a single character."""
    while index < len(text) and text[index] == " ":
        index += 1
    if index >= len(text):
        return "", index
    if text[index] == "{":
        end = braced(text, index)
        if end < 0:
            return _convert(text[index + 1 :], depth + 1), len(text)
        return _convert(text[index + 1 : end], depth + 1), end + 1
    if text[index] == "\\":
        out: list[str] = []
        index = _command(text, index, out, depth + 1)
        return "".join(out), index
    return text[index], index + 1


def _command(text: str, index: int, out: list[str], depth: int) -> int:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deep")
    match = _COMMAND.match(text, index)
    if match is None:  # a backslash at the very end
        return index + 1
    name = match.group(1)
    end = match.end()
    if name in _FRACTIONS:
        numerator, end = _argument(text, end, depth)
        denominator, end = _argument(text, end, depth)
        out.append(_fraction(numerator, denominator, out))
    elif name == "sqrt":
        end = _root(text, end, out, depth)
    elif name == "binom":
        upper, end = _argument(text, end, depth)
        lower, end = _argument(text, end, depth)
        out.append(f"binom({upper},{lower})")
    elif name == "dot":
        argument, end = _argument(text, end, depth)
        out.append(f"{argument}\u0307")
    elif name == "overline" or (name == "bar" and _DIGITS_NEXT.match(text, end)):
        argument, end = _argument(text, end, depth)
        out.append(f"\u0305{argument}\u0305")
    elif name in _TEXT:
        argument, end = _argument(text, end, depth)
        out.append(f" {argument} " if argument[:1].isalpha() and name != "mathrm" else argument)
    elif name in ("boxed", "fbox"):
        argument, end = _argument(text, end, depth)
        out.append(argument)
    elif name in _DISCARDED_ARGUMENT:
        _, end = _argument(text, end, depth)
    elif name in ("begin", "end"):
        argument, end = _argument(text, end, depth)
        if argument == "array" and text[end : end + 1] == "{":
            _, end = _argument(text, end, depth)  # the alignment of the columns
        out.append(f"\\{name}<{argument}>")
    elif name in _DROPPED:
        # `\left.` is an invisible bracket
        end += text[end : end + 1] == "." and name in ("left", "right")
    elif name == ",":
        out.append("\u2009")
    elif name in _SPACES:
        out.append("" if name == "!" else " ")
    elif name == "{":
        out.append(SET_OPEN)
    elif name == "}":
        out.append(SET_CLOSE)
    elif name in _SYMBOLS:
        out.append(_SYMBOLS[name])
    elif name in "$%#&_":
        out.append(name)
    elif name in "()[]":
        out.append(" ")
    elif name == "\\":
        out.append("\\\\")
    elif name.isalpha():
        out.append(f" {name} ")
    elif name.isspace():
        out.append(" ")
    else:
        out.append(name)
    return end


def _fraction(numerator: str, denominator: str, out: list[str]) -> str:
    simple = numerator.strip().isdigit() and denominator.strip().isdigit()
    before = "".join(out[-4:]).rstrip()
    if simple and before[-1:].isdigit() and not re.search(r"[_^][\w(]*$", before):
        return f" {numerator.strip()}/{denominator.strip()}"  # a mixed number
    return f"({_operand(numerator)}/{_operand(denominator)})"


def _operand(text: str) -> str:
    text = text.strip()
    return text if _SIMPLE.fullmatch(text) or (len(text) == 1 and text.isalpha()) else f"({text})"


def _root(text: str, index: int, out: list[str], depth: int) -> int:
    while index < len(text) and text[index] == " ":
        index += 1
    order = ""
    if text[index : index + 1] == "[":
        close = text.find("]", index)
        if close > 0:
            order = text[index + 1 : close]
            index = close + 1
    argument, index = _argument(text, index, depth)
    out.append(f" root({order},{argument})" if order else f" sqrt({argument})")
    return index
