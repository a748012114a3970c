"""Unicode to one spelling: NFKC, plain operators; look-alikes and invisible characters refused."""

import unicodedata
from typing import Final

_SUPERSCRIPTS: Final = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ"
_SUPERSCRIPT_PLAIN: Final = "0123456789+-n"
_SUBSCRIPTS: Final = "₀₁₂₃₄₅₆₇₈₉"
_SPELLINGS: Final = {
    "−": "-", "‐": "-", "‑": "-", "–": "-", "—": "-", "﹣": "-", "×": "*", "✕": "*", "∗": "*",
    "·": "*", "∙": "*", "⋅": "*", "÷": "/", "⁄": "/", "∕": "/", "≤": " ≤ ", "⩽": " ≤ ",
    "≦": " ≤ ", "≥": " ≥ ", "⩾": " ≥ ", "≧": " ≥ ", "≠": " ≠ ", "≈": " ≈ ", "≃": " ≈ ",
    "∞": " infinity ", "π": " pi ", "𝜋": " pi ", "√": " sqrt ", "∪": " ∪ ", "∩": " ∩ ",
    "∈": " ∈ ", "±": " ± ", "“": '"', "”": '"', "‘": "'", "’": "'", "′": "'", "º": "°",
    "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2007": " ", "，": ",", "。": ".",
    "µ": "u", "μ": "u", "∶": ":", "：": ":", "≅": " ≈ ", "⟹": "⇒",
    "ℝ": "\\mathbb{R}", "⟨": "(", "⟩": ")", "〈": "(", "〉": ")",
}  # fmt: skip
_TRANSLATION: Final = str.maketrans(_SPELLINGS)
# Digits (Nd, No) that NFKC leaves non-ASCII, invisible (Cf), control (Cc), private (Co),
# surrogate (Cs) and unassigned (Cn) characters: what is shown is not what is there.
_REFUSED: Final = frozenset({"Nd", "No", "Cf", "Cc", "Co", "Cs", "Cn"})


def is_blank(text: str) -> bool:
    """Whether nothing that could be an answer is left but spaces, invisibles and currency signs."""
    return not text[:1].isalnum() and all(
        unicodedata.category(char)[0] in "CZ" or unicodedata.category(char) == "Sc" for char in text
    )


def plain_unicode(text: str) -> str | None:
    """The NFKC form with ASCII operators, or `None` if the text holds a refused character."""
    if text.isascii():
        if text.isprintable():
            return text
        return None if _has_refused(text) else text
    text = _spell_out_scripts(text)
    text = unicodedata.normalize("NFKC", text.translate(_TRANSLATION)).translate(_TRANSLATION)
    return None if _has_refused(text) else text


def _has_refused(text: str) -> bool:
    return any(
        unicodedata.category(char) in _REFUSED
        for char in text
        if not (" " <= char <= "~" or char in "\n\t\r")
    )


def _spell_out_scripts(text: str) -> str:
    """Superscripts become `^(…)`, subscripts `_…`, `½` ` 1/2`: NFKC alone would read x² as x2."""
    pieces: list[str] = []
    in_superscript = False
    before = " "
    for char in text:
        if char in _SUBSCRIPTS and not in_superscript:
            pieces.append(("" if before in _SUBSCRIPTS else "_") + str(_SUBSCRIPTS.index(char)))
            before = char
            continue
        before = char
        index = _SUPERSCRIPTS.find(char)
        if index >= 0:
            pieces.append(
                _SUPERSCRIPT_PLAIN[index] if in_superscript else "^(" + _SUPERSCRIPT_PLAIN[index]
            )
            in_superscript = True
            continue
        if in_superscript:
            pieces.append(")")
            in_superscript = False
        if unicodedata.category(char) == "No" and "⁄" in (
            fraction := unicodedata.normalize("NFKC", char)
        ):
            pieces.append(" " + fraction)
        else:
            pieces.append(char)
    if in_superscript:
        pieces.append(")")
    return "".join(pieces)
