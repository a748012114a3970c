"""When two answers are the same: `same_answer`, and `compare` for the three-way verdict."""

from reasoning_rewards.answers.forms import Verdict
from reasoning_rewards.answers.matching import match
from reasoning_rewards.answers.reading import read
from reasoning_rewards.answers.unicode import is_blank
from reasoning_rewards.errors import RewardError

__all__ = ["Verdict", "compare", "same_answer"]

PLAIN_DIGITS = 15
"""Equal texts of so many digits are the same number without being read."""


def same_answer(prediction: str, gold: str) -> bool:
    """Whether a prediction is the gold answer, by the label policy in the package's README.

    Reflexive (but an empty answer never matches), symmetric, exact. Never executes the text. With
    the extra `[math]` installed, Math-Verify decides what `compare` leaves undecided.

    Raises:
        RewardError: an argument is not a string.
    """
    verdict = compare(prediction, gold)
    if verdict is Verdict.UNDECIDED:
        return _ask_symbolic_judge(prediction.strip(), gold.strip())
    return verdict is Verdict.SAME


def _ask_symbolic_judge(prediction: str, gold: str) -> bool:
    # Imported here: few pairs get this far, and subprocess and threading take time to import.
    from reasoning_rewards.symbolic import judge

    return judge.available() and bool(judge.shared_judge().same(prediction, gold))


def compare(prediction: str, gold: str) -> Verdict:
    """`same_answer` with a third outcome: UNDECIDED where only a computer-algebra system knows."""
    for text in (prediction, gold):
        if not isinstance(text, str):
            raise RewardError(f"an answer must be a string, not {text!r}; convert it with str()")
    if is_blank(prediction) or is_blank(gold):
        return Verdict.DIFFERENT
    prediction, gold = prediction.strip(), gold.strip()
    if prediction == gold and len(gold) <= PLAIN_DIGITS and gold.isascii() and gold.isdigit():
        return Verdict.SAME
    left, right = read(prediction), read(gold)
    if left is None or right is None:
        return Verdict.DIFFERENT
    if left is right or left == right:
        return Verdict.SAME
    try:
        return match(left, right)
    except RecursionError:  # the caller's own stack was nearly full
        return Verdict.UNDECIDED
