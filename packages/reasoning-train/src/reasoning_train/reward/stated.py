"""The confidence that a completion states; None where it states none.

The reward counts with a presumed confidence where nothing is stated, which is right for a score and
wrong for a figure: nobody said it.
"""

from reasoning_rewards import parse
from reasoning_rewards.confidence import explicit_confidence


def stated_confidence(completion: str) -> float | None:
    """What the completion's reasoning says of its own certainty, in [0, 1]; None without a word.

    A completion without an answer made no forecast, as in the reward.
    """
    trace = parse(completion)
    return None if trace.answer is None else explicit_confidence(trace.reasoning)
