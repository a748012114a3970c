"""What one evaluation's figures alone give reason to warn of."""

from collections.abc import Mapping
from typing import Any

ALMOST_ALL = 0.95
"""Share of the stated confidences from which on one value tells nothing apart."""


def warnings(summary: Mapping[str, Any]) -> list[str]:
    """Sentences about an evaluation's figures; empty if nothing has to be said."""
    share = summary.get("commonest_stated")
    if share is None or share < ALMOST_ALL:
        return []
    return [
        f"{share:.0%} of the stated confidences are one value, so they do not tell right answers "
        "from wrong ones: ECE is then the distance of the accuracy from that value"
    ]
