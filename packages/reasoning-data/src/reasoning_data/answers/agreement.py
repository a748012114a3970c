"""Whether two statements of an answer agree, by the label policy of reasoning-rewards."""

from reasoning_data.splitting import normalise
from reasoning_rewards.answers import Verdict, compare
from reasoning_rewards.answers.forms import Scalar, Text
from reasoning_rewards.answers.reading import read


def agrees(said: str, gold: str) -> bool:
    """Whether what was said is the gold; the same with and without a computer-algebra system."""
    return compare(said, gold) is Verdict.SAME


def contradicts(said: str, gold: str) -> bool:
    """Whether what was said cannot be the gold.

    False where only a computer-algebra system could tell, and where one of the two names a choice
    by its letter and the other by its value.
    """
    if _names_choice(said) != _names_choice(gold):
        return False
    return compare(said, gold) is Verdict.DIFFERENT


def answer_key(answer: str) -> str:
    """A text that two golds share where they are the same number, or the same but for white space
    and case: `1/2`, `0.5` and `\\frac12`.

    Golds with different keys may still agree.
    """
    form = read(answer.strip())
    if isinstance(form, Scalar) and form.rational is not None:
        plain = not form.unit and not form.percent and not form.name
        return str(form.rational) if plain else normalise(answer)
    return normalise(answer)


def _names_choice(text: str) -> bool:
    form = read(text.strip())
    return isinstance(form, Text) and form.label != ""
