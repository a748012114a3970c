"""Whether two statements of an answer agree, by the label policy of reasoning-rewards."""

import re

from reasoning_rewards.answers import Verdict, compare

LETTER = re.compile(r"\W*[A-Za-z]\W*")


def contradicts(said: str, gold: str) -> bool:
    """Whether what was said cannot be the gold.

    False where only a computer-algebra system could tell, and where one of the two names a choice
    by its letter and the other by its value.
    """
    if bool(LETTER.fullmatch(said)) != bool(LETTER.fullmatch(gold)):
        return False
    return compare(said, gold) is Verdict.DIFFERENT
