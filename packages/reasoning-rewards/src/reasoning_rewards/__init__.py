"""Scores for reasoning traces: answer equality, structure and stated confidence; pure Python."""

from reasoning_rewards.answers import same_answer
from reasoning_rewards.completions.parsing import parse, render
from reasoning_rewards.completions.schemas import (
    REASONING_ANSWER,
    THINK_ANSWER,
    THINK_BOXED,
    Schema,
)
from reasoning_rewards.completions.trace import Trace, TraceStatus
from reasoning_rewards.confidence.reliability import CalibrationReport, calibration_report
from reasoning_rewards.errors import RewardError
from reasoning_rewards.extraction.announced import final_answer
from reasoning_rewards.reward import CompositeReward, Score, Weights
from reasoning_rewards.structure.rubric import Rubric

__all__ = [
    "REASONING_ANSWER",
    "THINK_ANSWER",
    "THINK_BOXED",
    "CalibrationReport",
    "CompositeReward",
    "RewardError",
    "Rubric",
    "Schema",
    "Score",
    "Trace",
    "TraceStatus",
    "Weights",
    "calibration_report",
    "final_answer",
    "parse",
    "render",
    "same_answer",
]
