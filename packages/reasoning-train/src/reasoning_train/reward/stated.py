"""The confidence that a completion states; None where it states none.

The only one that counts, in the reward and in every figure: epistemic words are no statement.
"""

from reasoning_rewards import parse
from reasoning_rewards.confidence import stated_confidence as stated_in


def stated_confidence(completion: str) -> float | None:
    """The value or level that the completion's reasoning states, in [0, 1]; None without one.

    A completion without an answer made no forecast, as in the reward.
    """
    trace = parse(completion)
    return None if trace.answer is None else stated_in(trace.reasoning)
