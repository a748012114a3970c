"""Notations of a whole answer that are another spelling of one that is read.

LaTeX environments around a formula, unit vectors (`2\\mathbf{i} + 3\\mathbf{j}`), angle brackets,
open intervals as in French (`]1, 5[`), and digits grouped as in programs (`2_500`).
"""

import re
from typing import Final

_ENVIRONMENT: Final = re.compile(
    r"\\(?:begin|end)\{(?:align|aligned|equation|gather|gathered|multline|split|math|displaymath|"
    r"eqnarray)\*?\}"
)
_ROW_END: Final = re.compile(r"\\\\(?:\[[^\]]*\])?|(?<!\\)&")
_UNIT_VECTOR: Final = re.compile(
    r"\\(?:mathbf|hat|vec|boldsymbol|bm|widehat|mathbf\{\\hat|hat\{\\mathbf)\s?"
    r"(?:\{\s*\\?(?P<name>[ijk])(?:math)?\s*\}{1,2}|\\?(?P<bare>[ijk])(?:math)?(?![A-Za-z]))"
    r"|(?P<letter>[îĵ])"
)
_PLAIN_NAMES: Final = {"î": "i", "ĵ": "j"}
_SIGN: Final = re.compile(r"\s*([-+−])\s*")
_ANGLES: Final = re.compile(r"<([^<>=]*,[^<>=]*)>")
_FRENCH: Final = re.compile(r"(?P<left>[\[\]])(?P<ends>[^\[\]]*[,;][^\[\]]*)(?P<right>[\[\]])")
# With braces it would be an index: `12_{100}`.
_UNDERSCORED: Final = re.compile(r"(?<![\w.,\\])\d{1,3}(?:\\?_\d{3})+(?![\w\\{])")
# The set alone: in `x \\in \\mathbb{R}` it says of what kind x is.
_REALS: Final = re.compile(r"\A\s*(?:[a-z]\s*(?:\\in|∈)\s*)?\\mathbb\s?(?:\{R\}|R)\s*\Z")
# `Rs 1,500/-`: and no paise.
_ONLY: Final = re.compile(r"(?<=\d)\s?/-\Z")


def rewrite(text: str) -> str:
    """Return an answer in the spelling that is read; unchanged where it has no such notation."""
    if "\\begin{" in text:
        bare = _ENVIRONMENT.sub(" ", text)
        text = text if bare == text else _ROW_END.sub(" ", bare).strip()
    if "mathbb" in text:
        text = _REALS.sub("all real numbers", text)
    if text[-1:] == "-":
        text = _ONLY.sub("", text)
    if "_" in text:
        text = _UNDERSCORED.sub(lambda match: re.sub(r"\\?_", "", match.group()), text)
    if text[:1] == "<" and (pair := _ANGLES.fullmatch(text)):
        return f"({pair[1]})"
    if text[-1:] in ("[", "]") and text[:1] in ("[", "]"):
        return _interval(text)
    if "\\" in text or not text.isascii():
        return _components(text) or text
    return text


def _interval(text: str) -> str:
    french = _FRENCH.fullmatch(text)
    if french is None or (french["left"], french["right"]) == ("[", "]"):
        return text
    left = "(" if french["left"] == "]" else "["
    right = ")" if french["right"] == "[" else "]"
    return left + french["ends"].replace(";", ",") + right


def _components(text: str) -> str | None:
    """`(2,3)` of `2\\mathbf{i} + 3\\mathbf{j}`; `None` if it is no sum of unit vectors."""
    vectors = list(_UNIT_VECTOR.finditer(text))
    if not vectors or text[vectors[-1].end() :].strip(" .$)\\"):
        return None
    found: dict[str, str] = {}
    start = 0
    for vector in vectors:
        factor = text[start : vector.start()].lstrip(" $")
        if found and not _SIGN.match(factor):
            return None
        sign = _SIGN.match(factor)
        size = (factor[sign.end() :] if sign else factor).strip(" *")
        letter = vector["name"] or vector["bare"] or _PLAIN_NAMES[vector["letter"]]
        if letter in found:
            return None
        found[letter] = ("-" if sign and sign[1] != "+" else "") + (size or "1")
        start = vector.end()
    names = "ijk" if "k" in found else "ij"
    return f"({', '.join(found.get(name, '0') for name in names)})"
