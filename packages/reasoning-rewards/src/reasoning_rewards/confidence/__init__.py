"""Stated confidence: how sure a trace says it is, what that earns, and its calibration."""

from reasoning_rewards.confidence.scoring import (
    UNMARKED,
    confidence_score,
    explicit_confidence,
    stated_confidence,
)

__all__ = ["UNMARKED", "confidence_score", "explicit_confidence", "stated_confidence"]
