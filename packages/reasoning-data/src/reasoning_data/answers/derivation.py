"""Checks that the reasoning of a problem leads to its gold."""

import re

from reasoning_data.answers import final_answer
from reasoning_data.answers.agreement import agrees, contradicts
from reasoning_data.errors import Finding, Reason
from reasoning_data.splitting import normalise

LETTER = re.compile(r"\W{0,2}([A-Z])\W{0,2}")
VERDICT = re.compile(r"yes|no|true|false", re.IGNORECASE)
SAYS_VERDICT = re.compile(r"\b(?:yes|no|true|false)\b", re.IGNORECASE)
OPTION = re.compile(r"^\s*\(?([A-Z])[).:]\s*(.+)$", re.MULTILINE)
# Letters that are meant as a choice; the C of "vitamin C" is not one.
LABEL = re.compile(r"\(([A-Z])\)|(?:\b[Oo]ption|\b[Cc]hoice|\b[Aa]nswer(?: is|:)?)\s+\**([A-Z])\b")
WORDING = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mbox|operatorname)\s*\{([^{}]*)\}")
ASKED_UNIT = re.compile(r"\b(?:how many|in|of) ([a-z]{2,})\b", re.IGNORECASE)
LETTERS = "ABCDEFGHIJ"
CLOSING_SENTENCES = 2
LATE_SENTENCES = 3


def lint_derivation(question: str, rationale: str, gold: str) -> list[Finding]:
    """Return findings on how the reasoning fits the gold; empty if the reasoning ends in the gold.

    Reasoning is rejected if it concludes something else, or if it never states the gold in any
    notation. For multiple choice and yes/no questions, the reasoning need not name the verdict (a
    list of facts does not), but it must not name a different one.

    Args:
        question: The question, with its options if it is multiple choice.
        rationale: The reasoning.
        gold: The correct answer.
    """
    gold = gold.strip()
    said = final_answer.conclusion(rationale)
    if said and refutes(said, gold):
        return [_unreached(gold, f", the reasoning concludes {said[:80]!r}")]
    if VERDICT.fullmatch(gold) or LETTER.fullmatch(gold):
        return ends_otherwise(question, rationale, gold)
    return _lint_value(question, rationale, gold)


def ends_otherwise(question: str, text: str, gold: str) -> list[Finding]:
    """Return a finding if the text ends in a different letter or yes/no verdict than the gold.

    Empty for golds of any other kind.

    Args:
        question: The question, with its options if it is multiple choice.
        text: Reasoning, or the final answer of a trace.
        gold: The correct answer.
    """
    if VERDICT.fullmatch(gold):
        return _lint_verdict(text, gold)
    letter = LETTER.fullmatch(gold)
    return _lint_choice(question, text, letter[1]) if letter else []


def refutes(said: str, gold: str) -> bool:
    """Return whether a conclusion rules out the gold: it differs and does not contain it."""
    if not contradicts(said, gold) or _mentions(said, gold):
        return False
    return not any(agrees(value, gold) for value in final_answer.values(said))


def _unreached(gold: str, detail: str = "") -> Finding:
    return Finding(Reason.ANSWER_NOT_IN_REASONING, f"gold {gold[:80]!r}{detail}")


def _lint_verdict(rationale: str, gold: str) -> list[Finding]:
    contrary = "no" if agrees(gold, "yes") else "yes"
    for sentence in reversed(final_answer.sentences(rationale)[-CLOSING_SENTENCES:]):
        if not SAYS_VERDICT.search(sentence):
            continue
        if agrees(sentence, gold):
            return []
        if agrees(sentence, contrary):
            return [_unreached(gold, f", the reasoning ends in {sentence[:80]!r}")]
    return []


def _lint_choice(question: str, rationale: str, letter: str) -> list[Finding]:
    for sentence in reversed(final_answer.sentences(rationale)[-CLOSING_SENTENCES:]):
        chosen = [label for label in LETTERS if agrees(sentence, label)]
        if chosen == [letter]:
            return []
        if len(chosen) == 1:
            return [_unreached(letter, f", the reasoning ends in {sentence[:80]!r}")]
    labels = {first or second for first, second in LABEL.findall(rationale)}
    option = dict(OPTION.findall(question)).get(letter, "")
    if letter in labels or not labels or (option and _mentions(rationale, option)):
        return []
    return [_unreached(letter, f", the reasoning speaks of {', '.join(sorted(labels))}")]


def _lint_value(question: str, rationale: str, gold: str) -> list[Finding]:
    found = final_answer.numbers(rationale)
    if found and agrees(found[-1], gold):
        return []
    if not any(char.isdigit() for char in gold) and _mentions(rationale, gold):
        return []
    late = final_answer.late_values(rationale, LATE_SENTENCES)
    if not _is_number(gold) and any(agrees(value, gold) for value in late):
        return []
    if (
        _mentions(rationale, gold)
        or any(agrees(value, gold) for value in found)
        or any(agrees(value, gold) for value in final_answer.values(rationale))
        or _in_another_unit(question, rationale, gold)
    ):
        last = found[-1] if found else ""
        return [Finding(Reason.GOLD_NOT_LAST, f"gold {gold[:80]!r}, last value {last!r}")]
    return [_unreached(gold)]


def _is_number(gold: str) -> bool:
    return final_answer.NUMBER.fullmatch(gold) is not None


def _in_another_unit(question: str, rationale: str, gold: str) -> bool:
    """Return whether the reasoning states the gold in another unit than the question asks for.

    An example is reasoning that ends in `$0.25` if the question asks for cents and the gold is 25.
    Units that reasoning-rewards does not know never match.
    """
    if not _is_number(gold):
        return False
    wanted = [f"{gold} {unit}" for unit in dict.fromkeys(ASKED_UNIT.findall(question))]
    late = list(final_answer.late_values(rationale, 1)) if wanted else []
    return any(agrees(value, measure) for measure in wanted for value in late)


def _mentions(text: str, gold: str) -> bool:
    """Return whether the text contains the gold word for word, plural forms included."""
    wanted = re.escape(_plain(gold))
    if not wanted:
        return False
    # Scripts that write words without spaces have no borders to look at.
    before = r"(?<![a-z0-9.])(?<!\d[,/])" if _plain(gold)[0].isascii() else ""
    after = r"(?:e?s|'s)?(?![a-z0-9]|[.,/]\d)" if _plain(gold)[-1].isascii() else ""
    return re.search(f"{before}{wanted}{after}", _plain(text)) is not None


def _plain(text: str) -> str:
    return normalise(WORDING.sub(r"\1", text).replace("$", "")).strip(" .")
