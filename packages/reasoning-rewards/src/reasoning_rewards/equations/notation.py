"""One plain notation for everything a trace is written in, before steps and equations are sought.

HTML, LaTeX, Markdown, Unicode and arithmetic in words all become text such as `24 * 3 = 72`, with
`MODULO` and the other operators of `arithmetic` where ASCII has none. Each stage is left out where
nothing in the text calls for it: most traces are plain already.
"""

import html
import re
import unicodedata
from typing import Final, NamedTuple

from reasoning_rewards.answers.latex import SET_CLOSE, SET_OPEN, plain_latex
from reasoning_rewards.equations.arithmetic import ABSOLUTE, CHOOSE, MODULO, ROOT
from reasoning_rewards.equations.markup import without_markdown
from reasoning_rewards.equations.spoken import CUES, cues_in, with_operators
from reasoning_rewards.equations.variables import with_values
from reasoning_rewards.equations.vocabulary import words_of

APPROXIMATELY: Final = "≈"
# A line with more groups is no formula.
MAX_GROUPS: Final = 200

# What GSM8K's calculator leaves: `24 * 3 = <<24*3=72>>72`.
_ANNOTATION_OF_RESULT: Final = re.compile(r"(=\s?\$?)<<[^<>\n]{1,120}>>")
_ANNOTATION: Final = re.compile(r"<<([^<>\n]{1,120})>>(?:\$?\d[\d,]*(?:\.\d+)?)?")
_LINE_TAG: Final = re.compile(
    r"</?(?:br|p|div|li|ul|ol|tr|table|tbody|thead|h[1-6]|hr|pre)\b[^<>]{0,80}>", re.IGNORECASE
)
_CELL_TAG: Final = re.compile(r"</?t[dh]\b[^<>]{0,80}>", re.IGNORECASE)
_POWER_TAG: Final = re.compile(r"<sup>([^<>]{1,12})</sup>", re.IGNORECASE)
_OTHER_TAG: Final = re.compile(
    r"</?(?:b|i|u|em|strong|span|code|math|sub|small|big|mark|font|a|tt|var|kbd|th?ink)\b"
    r"[^<>]{0,80}>",
    re.IGNORECASE,
)
_ENTITY: Final = re.compile(r"&(?:#x?[0-9a-fA-F]{1,6}|[A-Za-z]{2,10});")
_ENVIRONMENT: Final = re.compile(
    r"\\(?:begin|end) ?\{(?:align|aligned|equation|gather|gathered|eqnarray|split|multline|center"
    r"|array|cases|alignat|displaymath|math)\*?\}(?:\{[lcr|]{0,12}\})?"
)
_LINE_BREAK: Final = re.compile(r"\\\\(?:\[[^\]\n]{0,12}\])?(?![A-Za-z])|\\newline\b|\\par\b")
_DELIMITER: Final = re.compile(r"\\[()\[\]]|\$\$")
_SPACES: Final = re.compile(r" {2,}")
_BINOMIAL: Final = re.compile(r"\b(?:binom|C|nCr)\((\d{1,4}), ?(\d{1,4})\)|\b(\d{1,4})C(\d{1,4})\b")
_COMBINES: Final = re.compile(r"C(?:r?\(|(?<=\dC)\d)")
_MODULO: Final = re.compile(r"(?<=[\d)]) {0,2}\b(?:b?mod|modulo)\b {0,2}(?=[\d(])|(?<=\d) % (?=\d)")
_FUNCTION_CUES: Final = frozenset(("mod", "bmod", "modulo", "binom", "'binom"))
_ROOT: Final = re.compile(r"\b(?:math\.)?sqrt ?(?=[(\d])|\bsquare root of (?=[(\d])")
_ABSOLUTE: Final = re.compile(r"(?<![|\d\w])\|([-\d][-+*/ .\d]{0,40})\|(?![|\w])")
_CONTINUED: Final = re.compile(r"[ \t]{0,8}\n\s{0,12}(?=[=≈]{1,2}\s?[^=>\s])")
# No sign of HTML, LaTeX, Markdown (but stars) or a typesetter in it.
_ORDINARY: Final = re.compile(r"[A-Za-z0-9 .,;:?'\"$%()+*/=\n-]*+")
# In such a text these alone are Markdown.
_STARS: Final = re.compile(r"\*(?:(?<=\*\*)|(?<![A-Za-z0-9].)(?!\s))")
_ABBREVIATIONS: Final = frozenset(
    "sq cu ft yd yds mi lb lbs oz hr hrs min mins sec secs "
    "qt qts pt pts gal gals cm mm km kg ml".split()
)
# `20 sq. ft. + 4 sq. ft.`: such a full stop ends no sentence.
_ABBREVIATED: Final = re.compile(
    rf"(?<=\d)( ?(?:sq|cu)\.? ?(?:ft|in|yd|mi|cm|mm|km|m)| ?(?:{'|'.join(_ABBREVIATIONS)}| in))"
    r"\.(?= ?[-+*/=x)(,]| [a-z])"
)
# The words that some stage has to do with.
_MARKS: Final = CUES.union(_ABBREVIATIONS, _FUNCTION_CUES)
_COMPARED: Final = re.compile(r"={2,3}(?!=)")
_ROUGHLY: Final = re.compile(r"= ?(?:~|about|approximately|roughly|approx\.?|around)\s?(?=[$\d])")
_NEARLY: Final = re.compile(r"~=|=~|(?<=[\d)]) ~ ?(?=\$?\d)")
_DIVIDED: Final = re.compile(r"(?<=\d) : (?=\d[\d.,]{0,20} ?=)")
_DOTS: Final = re.compile(r"(?<=\.\d)(\d{0,20})(?:\.{2,4}|…)")
_FACTORIAL: Final = re.compile(r"(?<=\d)! +(?=[-+*/=)^])")
# An arrow from a computation to a number is an equals sign; any other parts two statements.
_ARROW: Final = re.compile(r"\s?(?:→|=>|(?<!-)->)\s?")
_COMPUTES: Final = re.compile(r"[\d)%]\s?[-+*/^]\s?[$(]{0,2}\d[\d.,]{0,20}[)%$]{0,2}$")
_NUMBER_AFTER: Final = re.compile(r"\$?-?\d[\d,]{0,20}+(?:\.\d{1,12})?+%?+(?! ?[-+*/^=≈\d])")

_SUPERSCRIPTS: Final = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺"
_SUPERSCRIPT: Final = re.compile(f"[{_SUPERSCRIPTS}]+")
_PLAIN_SUPERSCRIPT: Final = str.maketrans(_SUPERSCRIPTS, "0123456789-+")
_ROOT_SIGN: Final = re.compile(r"√ ?")


def _vulgar_fractions() -> dict[str, str]:
    """`½` is ` 1/2`, so that `1½` becomes the mixed number `1 1/2`."""
    chars = [chr(code) for code in (*range(0xBC, 0xBF), *range(0x2150, 0x215F))]
    return {char: " " + unicodedata.normalize("NFKC", char).replace("⁄", "/") for char in chars}


_SYMBOLS: Final = str.maketrans(
    {
        **dict.fromkeys("×·⋅∙∗✕✖⨯•", "*"), **dict.fromkeys("÷∕⁄➗", "/"),
        **dict.fromkeys("−–‐‑﹣", "-"), **dict.fromkeys("＋➕", "+"), **dict.fromkeys("＝﹦", "="),
        **dict.fromkeys("€£¥₹", "$"), **dict.fromkeys("≃≅≒≐∼", APPROXIMATELY),
        **dict.fromkeys("⇒⟹⟶➜➔➡⟾↦", "→"), **dict.fromkeys("\u00a0\u2009\u202f\u2007", " "),
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
        **_vulgar_fractions(), "。": ". ", "，": ", ", "；": "; ", "：": ": ", "√": ROOT, "％": "%",
        "’": "'", "‘": "'", "≡": "=",
    }
)  # fmt: skip


class PlainText(NamedTuple):
    """A text in plain notation, with its words in order and each once.

    Both are `None` where they were not found on the way.
    """

    text: str
    words: list[str] | None
    vocabulary: frozenset[str] | None


def plain_notation(text: str) -> str:
    """The text with its markup gone and its arithmetic in ASCII operators. Linear in the text."""
    return read_plain(text).text


def read_plain(text: str) -> PlainText:
    """`plain_notation`, with the words of the text where it was plain already."""
    plain = text
    if not _ORDINARY.fullmatch(text):
        plain = _without_signs(text)
        if not _ORDINARY.fullmatch(plain):
            plain = _ABBREVIATED.sub(_without_stops, _with_functions(_with_signs_read(plain)))
            return PlainText(with_values(with_operators(plain)), None, None)
    elif "*" in text and _STARS.search(text):
        plain = without_markdown(text)
    words = words_of(plain)
    vocabulary = frozenset(words)
    before = plain
    marks = vocabulary & _MARKS
    if not marks.isdisjoint(_ABBREVIATIONS):
        plain = _ABBREVIATED.sub(_without_stops, plain)
    plain = _with_signs_read(plain)
    if (
        "q" in plain or "C" in plain or " : " in plain or " % " in plain
        or not marks.isdisjoint(_FUNCTION_CUES)
    ):  # fmt: skip
        plain = _with_functions(plain)
    if cues := cues_in(plain, marks):
        plain = with_operators(plain, cues)
    if "=" in plain:
        plain = with_values(plain)
    if plain == before:
        return PlainText(plain, words, vocabulary)
    return PlainText(plain, None, None)


def _without_stops(match: re.Match[str]) -> str:
    return match[1].replace(".", " ").replace("  ", " ")


def _with_signs_read(text: str) -> str:
    """The stages that a text of letters, digits and plain punctuation may have need of."""
    if "==" in text:
        text = _COMPARED.sub("=", text)
    if "= a" in text or "= r" in text:
        text = _ROUGHLY.sub(APPROXIMATELY, text)
    if ".." in text:
        text = _DOTS.sub(r"\1", text)
    if "\n=" in text or "\n " in text or "\n≈" in text:
        text = _CONTINUED.sub(" ", text)
    if APPROXIMATELY in text:
        # Equations are found by their equals sign.
        text = text.replace(APPROXIMATELY, APPROXIMATELY + "=").replace("==", "=")
    return text


def _without_signs(text: str) -> str:
    """The stages that a text of letters, digits and plain punctuation has no need of."""
    if not text.isascii():
        text = _plain_unicode(text)
    if "<" in text or "&" in text:
        text = _without_html(text)
    if "\\" in text or "{" in text:
        text = _without_latex(text)
    if "|" in text:
        text = _ABSOLUTE.sub(rf"{ABSOLUTE}(\1)", text)
    text = without_markdown(text)
    if "~" in text or "= ~" in text:
        text = _ROUGHLY.sub(APPROXIMATELY, _NEARLY.sub(APPROXIMATELY, text))
    if "->" in text or "=>" in text or "→" in text:
        text = _with_arrows_read(text)
    return _FACTORIAL.sub("!", text) if "! " in text else text


def _plain_unicode(text: str) -> str:
    text = _SUPERSCRIPT.sub(_power, text)
    return _SPACES.sub(" ", text.translate(_SYMBOLS))


def _power(match: re.Match[str]) -> str:
    exponent = match.group().translate(_PLAIN_SUPERSCRIPT)
    return f"^{exponent}" if exponent.isdigit() else f"^({exponent})"


def _without_html(text: str) -> str:
    if "<<" in text:
        text = _ANNOTATION.sub(r"\1", _ANNOTATION_OF_RESULT.sub(r"\1", text))
    if "</" in text or "<b" in text or "<B" in text or "<p" in text or "<hr" in text:
        text = _POWER_TAG.sub(r"^\1", text)
        text = _CELL_TAG.sub(" | ", _LINE_TAG.sub("\n", text)).replace("|  |", "|")
        text = _OTHER_TAG.sub("", text)
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text).translate(_SYMBOLS)
    return text


def _without_latex(text: str) -> str:
    if "\\" in text:
        text = _LINE_BREAK.sub("\n", _ENVIRONMENT.sub("\n", text))
        text = _DELIMITER.sub(" ", text)
        if "&" in text:
            text = text.replace("\\&", " and ").replace("&", " ")
    lines = text.split("\n")
    for index, line in enumerate(lines):
        if "\\" in line or "{" in line:
            lines[index] = _plain_latex_line(line)
    return "\n".join(lines)


def _plain_latex_line(line: str) -> str:
    if line.count("{") > MAX_GROUPS:
        return line
    try:
        plain = plain_latex(line)
    except ValueError:  # nested deeper than anybody writes
        return line
    plain = _SPACES.sub(" ", plain)
    if not plain.isascii():
        plain = plain.translate(_SYMBOLS).replace(SET_OPEN, "{").replace(SET_CLOSE, "}")
    return plain


def _with_arrows_read(text: str) -> str:
    pieces: list[str] = []
    end = 0
    for match in _ARROW.finditer(text):
        left = text[max(end, match.start() - 80) : match.start()]
        is_equals = _COMPUTES.search(left) and _NUMBER_AFTER.match(text, match.end())
        pieces += (text[end : match.start()], " = " if is_equals else "; ")
        end = match.end()
    pieces.append(text[end:])
    return "".join(pieces)


def _with_functions(text: str) -> str:
    if "sqrt" in text or "square root" in text:
        text = _ROOT.sub(ROOT, text)
    if "mod" in text or " % " in text:
        text = _MODULO.sub(MODULO, text)
    if ("C" in text and _COMBINES.search(text)) or "binom" in text:
        text = _BINOMIAL.sub(_infix_binomial, text)
    if " : " in text:
        text = _DIVIDED.sub("/", text)
    return text


def _infix_binomial(match: re.Match[str]) -> str:
    return f"({match[1] or match[3]}{CHOOSE}{match[2] or match[4]})"
