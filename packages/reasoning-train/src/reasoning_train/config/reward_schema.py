"""Settings of the reward: weights, the user's rubric and functions, and the judge."""

from pathlib import Path
from typing import Self

from pydantic import field_validator, model_validator

from reasoning_rewards import RewardError
from reasoning_rewards.judge import RubricFile, parse_rubric, read_rubric
from reasoning_train.config.judge_schema import JudgeSection
from reasoning_train.config.section import Rate, Section, Share


class RewardSection(Section):
    """Weights of the composite reward."""

    correctness: Share = 0.60
    """The answer equals the gold."""
    structure: Share = 0.25
    """The trace shows its work."""
    confidence: Share = 0.15
    """The stated confidence fits the outcome; nothing for a completion that states none. Without
    data.confidence it is 0, and the others share it out in proportion."""
    structure_at_end: Share | None = None
    """Weight of structure at GRPO's last step, reached in a straight line; correctness has the
    rest."""
    confidence_at_end: Share | None = None
    """Weight of confidence at GRPO's last step, likewise."""

    rubric: str = ""
    """Rubric file (TOML): other weights for the checklist behind `structure`, and items for the
    judge. A run keeps its text in place of the name."""
    rubric_column: str = ""
    """Column of data/grpo.parquet with judge items of each problem: `rubric`, which rubric=FIELD of
    a source of rows fills."""
    judge: JudgeSection = JudgeSection()

    extra: tuple[str, ...] = ()
    """Functions of your own, each `module:function:weight`, called with completion, gold and
    prompt; weight times value is added to the total."""
    extra_timeout_s: Rate = 10.0
    """A call of such a function that takes longer is given up and the completion left out."""
    max_left_out: Share = 0.2
    """Share of a step's completions without a reward that stops training."""

    @property
    def rubric_file(self) -> RubricFile:
        """What the rubric says; without one, the checklist as it is."""
        return parse_rubric(self.rubric, "reward.rubric")

    @field_validator("rubric")
    @classmethod
    def _text_of_rubric(cls, rubric: str) -> str:
        """The text of a rubric file; one that is a text already is checked alone."""
        try:
            if not rubric or "\n" in rubric:
                parse_rubric(rubric, "of the configuration")
                return rubric
            read_rubric(Path(rubric).expanduser())
            return Path(rubric).expanduser().read_text(encoding="utf-8").rstrip() + "\n"
        except RewardError as error:
            raise ValueError(f"reward.rubric: {error}") from error

    @model_validator(mode="after")
    def _judge_has_items(self) -> Self:
        items = bool(self.rubric_file.items)
        if self.judge.backend == "none" and (items or self.rubric_column):
            what = "reward.rubric has [[items]]" if items else "reward.rubric_column is set"
            raise ValueError(
                f"{what}, which only a judge can answer: set reward.judge.backend to endpoint or "
                "local, and reward.judge.model"
            )
        if self.judge.backend != "none" and not (items or self.rubric_column):
            raise ValueError(
                "reward.judge has nothing to ask: name a rubric file with [[items]] in "
                "reward.rubric, or a column of items in reward.rubric_column"
            )
        return self

    @model_validator(mode="after")
    def _sum_to_one(self) -> Self:
        total = self.correctness + self.structure + self.confidence
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"reward weights sum to {total:g}, not 1")
        end = sum(
            start if last is None else last
            for start, last in (
                (self.structure, self.structure_at_end),
                (self.confidence, self.confidence_at_end),
            )
        )
        if end > 1.0:
            raise ValueError(f"structure and confidence at the end sum to {end:g}, over 1")
        return self
