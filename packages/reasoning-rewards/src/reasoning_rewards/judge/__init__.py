"""A rubric of free-text items, and a judge model that scores completions by it."""

from reasoning_rewards.judge.items import Judged, JudgeItem, read_items
from reasoning_rewards.judge.model_judge import Judge
from reasoning_rewards.judge.rubric_file import RubricFile, parse_rubric, read_rubric
from reasoning_rewards.judge.verdict import JudgeVerdict, Question

__all__ = [
    "Judge",
    "JudgeItem",
    "JudgeVerdict",
    "Judged",
    "Question",
    "RubricFile",
    "parse_rubric",
    "read_items",
    "read_rubric",
]
