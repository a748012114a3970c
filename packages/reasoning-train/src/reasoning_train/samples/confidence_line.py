"""The confidence that a trace is trained to state: its problem's pass rate, on its last line.

RLCR (arXiv 2507.16806) rewards calibration; here the policy first sees what its own success rate
was, right or wrong alike, so that reinforcement begins from statements that mean something.
"""

from dataclasses import dataclass

from reasoning_data.rendering import confidence_line
from reasoning_rewards.confidence import without_statements

END = "</reasoning>"


@dataclass(frozen=True, slots=True)
class Stated:
    """A completion with its confidence line.

    Attributes:
        text: The completion.
        start: First character of the line in it.
        end: The character after its last.
    """

    text: str
    start: int
    end: int


def state_confidence(completion: str, rate: float) -> Stated | None:
    """Put the canonical line in place of what a completion says of its confidence.

    Args:
        completion: Without the stop token.
        rate: What it is to say, in [0, 1]; the nearest multiple of .05 is written.

    Returns:
        None for a completion without a closed reasoning.
    """
    before, tag, after = completion.rpartition(END)
    if not tag:
        return None
    body = without_statements(before).rstrip()
    gap = before[len(before.rstrip()) :]
    line = confidence_line(rate)
    start = len(body) + 1
    return Stated(f"{body}\n{line}{gap}{tag}{after}", start, start + len(line))
