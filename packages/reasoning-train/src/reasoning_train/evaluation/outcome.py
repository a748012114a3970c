"""What one evaluation's figures alone give reason to warn of."""

from collections.abc import Mapping
from typing import Any

ALMOST_ALL = 0.95
"""Share of the stated confidences from which on one value tells nothing apart."""


def warnings(summary: Mapping[str, Any]) -> list[str]:
    """Sentences about an evaluation's figures; empty if nothing has to be said."""
    return [
        line for line in (_one_value(summary), _unscored(summary), _unanswered(summary)) if line
    ]


def _one_value(summary: Mapping[str, Any]) -> str:
    share = summary.get("commonest_stated")
    if share is None or share < ALMOST_ALL:
        return ""
    return (
        f"{share:.0%} of the stated confidences are one value, so they do not tell right answers "
        "from wrong ones: ECE is then the distance of the accuracy from that value"
    )


def _unscored(summary: Mapping[str, Any]) -> str:
    count = summary.get("unscored") or 0
    if not count:
        return ""
    return (
        f"a part of the reward could not be had for {count} of {summary['n']} completions and "
        "counts 0 there; `error` in the predictions says why"
    )


def _unanswered(summary: Mapping[str, Any]) -> str:
    count = summary.get("unanswered") or 0
    if not count:
        return ""
    return (
        f"the budget left no time for {count} of {summary['n'] + count} problems, so the figures "
        "are those of the others and are not compared; reasoning-train evaluate RUN --stage STAGE "
        "--overwrite answers them all"
    )
