"""Stated confidence: how sure a trace says it is, what that earns, and its calibration."""

from reasoning_rewards.confidence.scoring import (
    asks_for_confidence,
    confidence_score,
    presumed_confidence,
    stated_confidence,
    without_statements,
)

__all__ = [
    "asks_for_confidence",
    "confidence_score",
    "presumed_confidence",
    "stated_confidence",
    "without_statements",
]
