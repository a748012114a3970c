"""The confidence that a completion states; None where it states none.

The reward counts with a presumed confidence where nothing is stated, which is right for a score and
wrong for a figure: nobody said it.
"""

from collections.abc import Callable

from reasoning_rewards import confidence as scale
from reasoning_rewards import parse

_PROBE = " My guess."


def stated_confidence(completion: str) -> float | None:
    """What the completion's reasoning says of its own certainty, in [0, 1]; None without a word.

    A completion without an answer made no forecast, as in the reward.
    """
    trace = parse(completion)
    return None if trace.answer is None else _explicit(trace.reasoning)


def _presumed_taken_out(reasoning: str) -> float | None:
    found = scale.stated_confidence(reasoning)
    if found != scale.UNMARKED:
        return found
    # A stated .85 and the presumed one are the same number. A stated one outweighs a guess.
    return found if scale.stated_confidence(reasoning + _PROBE) == found else None


_explicit: Callable[[str], float | None] = getattr(
    scale, "explicit_confidence", _presumed_taken_out
)
