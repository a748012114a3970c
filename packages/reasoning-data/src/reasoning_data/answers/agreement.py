"""Comparison of two answers by the rules of reasoning-rewards."""

from reasoning_data.splitting import normalise
from reasoning_rewards.answers import Verdict, compare
from reasoning_rewards.answers.forms import Scalar, Text
from reasoning_rewards.answers.reading import read


def agrees(said: str, gold: str) -> bool:
    """Return whether an answer equals the gold.

    The result does not depend on whether a computer-algebra system is installed.
    """
    return compare(said, gold) is Verdict.SAME


def contradicts(said: str, gold: str) -> bool:
    """Return whether an answer certainly differs from the gold.

    False if only a computer-algebra system could decide, and if one of the two names a choice by
    its letter and the other by its value.
    """
    if _names_choice(said) != _names_choice(gold):
        return False
    return compare(said, gold) is Verdict.DIFFERENT


def answer_key(answer: str) -> str:
    r"""Return a text that equal golds share.

    Numbers are compared by value (`1/2`, `0.5` and `\frac12` share a key), other golds without
    regard to white space and case. Golds with different keys may still agree.
    """
    form = read(answer.strip())
    if isinstance(form, Scalar) and form.rational is not None:
        plain = not form.unit and not form.percent and not form.name
        return str(form.rational) if plain else normalise(answer)
    return normalise(answer)


def _names_choice(text: str) -> bool:
    form = read(text.strip())
    return isinstance(form, Text) and form.label != ""
