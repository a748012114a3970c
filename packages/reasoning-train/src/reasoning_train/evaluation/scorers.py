"""GSM8K as lm-evaluation-harness scores it, so that figures can be laid beside published ones.

The rules are those of its task `gsm8k`, version 3: two filters take a number out of a completion,
and `exact_match` compares it with the reference after a few patterns are removed from both. They
are followed to the letter, oddities included: a fraction loses its numerator, `14.0` is not `14`,
and a completion in our schema has no `####`, so the strict one calls it wrong.
"""

import re

NO_ANSWER = "[invalid]"
"""What the harness puts where a filter finds nothing."""

_STRICT = re.compile(r"#### (\-?[0-9\.\,]+)")
_FLEXIBLE = re.compile(r"(-?[$0-9.,]{2,})|(-?[0-9]+)")
_MARK = "#### "
_FULL_STOP = re.compile(r"\.$")


def extract_strict(completion: str) -> str:
    """Filter `strict-match`: the first number after `#### `."""
    found = _STRICT.search(completion)
    return found.group(1).strip() if found else NO_ANSWER


def extract_flexible(completion: str) -> str:
    """Filter `flexible-extract`: the last thing that looks like a number, anywhere."""
    found = NO_ANSWER
    for match in _FLEXIBLE.finditer(completion):
        found = match.group()
    return found.strip()


def exact_match(prediction: str, reference: str) -> bool:
    """Equality after commas, dollar signs, all up to `#### `, and a last full stop are removed."""
    return _normalised(prediction) == _normalised(reference)


def lm_eval_strict(completion: str, gold: str) -> bool:
    """Metric `exact_match,strict-match`; `gold` is the answer or a whole GSM8K solution."""
    return exact_match(extract_strict(completion), gold)


def lm_eval_flexible(completion: str, gold: str) -> bool:
    """Metric `exact_match,flexible-extract`; `gold` as above."""
    return exact_match(extract_flexible(completion), gold)


def _normalised(text: str) -> str:
    # The harness removes `(?s).*#### `, whose search takes quadratic time where there is no mark.
    after = text.replace(",", "").replace("$", "").rpartition(_MARK)[2]
    return _FULL_STOP.sub("", after).lower()
