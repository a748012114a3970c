"""From functions to stages: seconds a step, steps that fit, and the total against the budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reasoning_train.clock.budget import parse_budget, stage_ends
from reasoning_train.config import RunConfig
from reasoning_train.config.engine_settings import grpo_settings, lengths
from reasoning_train.plan.planner import PlannedFunction

SESSION_S = 9 * 3600.0
"""A Kaggle TPU session; what a configuration without a budget is held against."""

EVALUATIONS = 3  # base, SFT, GRPO


@dataclass(frozen=True, slots=True)
class StageEstimate:
    """Estimated times of one stage.

    Attributes:
        name: The stage.
        parts: Seconds of one step by function, as often as a step runs it.
        steps: Steps that the configuration asks for.
        share_s: The stage's share of the budget; None for stages without one of their own.
        prompts: Problems of one step.
        rows: Examples or completions of one step.
        tokens: Tokens of one step, padding counted.
        saved: Bytes of one checkpoint.
    """

    name: str
    parts: Mapping[str, float]
    steps: int
    share_s: float | None
    prompts: int
    rows: int
    tokens: int
    saved: int = 0

    @property
    def step_s(self) -> float:
        return sum(self.parts.values())

    @property
    def steps_that_fit(self) -> int:
        """Steps in the stage's share of the budget, at most those asked for."""
        if self.share_s is None:
            return self.steps
        return min(self.steps, int(self.share_s / self.step_s))

    @property
    def total_s(self) -> float:
        return self.steps_that_fit * self.step_s

    @property
    def rows_per_s(self) -> float:
        return self.rows / self.step_s


def stage_estimates(config: RunConfig, functions: Sequence[PlannedFunction]) -> list[StageEstimate]:
    """Estimates of the stages whose functions all fit, in the order of a run."""
    found = {f.name: f for f in functions}
    seconds = {f.name: f.estimate.total_s for f in functions if f.estimate and f.fits}
    budget = budget_s(config)
    row = dict.fromkeys(
        ("sft", "sampling", "own-traces", "grpo", "evaluation"), lengths(config).cache
    )
    row["sft"] = row["own-traces"] = config.sft.packing or row["sft"]
    settings = grpo_settings(config)
    sampled = _sampling(config)
    # Samples are decoded at the pace of GRPO's rollouts, whatever the rows of a batch.
    batch = sampled.rows / (config.grpo.batch_size * settings.generations)
    problems = min(config.evaluation.batch_size, config.data.eval_problems)
    times: dict[str, dict[str, float]] = {
        "sft": {"sft_step": 1},
        **({"sampling": {"rollout_prefill": batch, "rollout_decode": batch}} if batch else {}),
        **({"own-traces": {"sft_step": 1}} if config.own_traces.steps else {}),
        "grpo": {
            "rollout_prefill": 1,
            "rollout_decode": 1,
            **({"reference": 1} if settings.kl_coefficient else {}),
            "grpo_step": 1,
        },
        "evaluation": {"evaluation_prefill": 1, "evaluation_decode": 1},
    }
    sets = max(1, len(config.data.evaluations))
    shape = {
        "sft": (config.sft.steps, config.sft.batch_size, 1),
        "sampling": (sampled.batches, sampled.problems, config.sampling.completions),
        "own-traces": (config.own_traces.steps, config.sft.batch_size, 1),
        "grpo": (config.grpo.steps, config.grpo.batch_size, settings.generations),
        "evaluation": (
            EVALUATIONS * sets * -(-config.data.eval_problems // problems),
            problems,
            1,
        ),
    }
    ends = stage_ends(sampling=config.sampling.completions > 0)
    shares = {
        "sft": budget * (ends["sft"] - ends["setup"]),
        "grpo": budget * (ends["grpo"] - ends.get("own-traces", ends["sft"])),
    }
    for before, stage in (("sft", "sampling"), ("sampling", "own-traces")):
        if stage in ends:
            shares[stage] = budget * (ends[stage] - ends[before])
    by_clock = {name for name in ("sft", "grpo") if getattr(config, name).bound == "clock"}
    saved = {"sft": found["sft_step"].report.saved, "grpo": found["grpo_step"].report.saved}
    saved["own-traces"] = saved["sft"]
    return [
        StageEstimate(
            name=stage,
            parts={name: count * seconds[name] for name, count in runs.items()},
            # The clock ends it: so many as fit.
            steps=int(shares[stage] / sum(runs[name] * seconds[name] for name in runs))
            if stage in by_clock
            else shape[stage][0],
            share_s=shares.get(stage),
            prompts=shape[stage][1],
            rows=shape[stage][1] * shape[stage][2],
            tokens=shape[stage][1] * shape[stage][2] * row[stage],
            saved=saved.get(stage, 0),
        )
        for stage, runs in times.items()
        if runs.keys() <= seconds.keys()
    ]


@dataclass(frozen=True, slots=True)
class _Sampling:
    """Batches of the sampling stage, and problems and completions of one; zeros without it."""

    batches: int
    problems: int
    rows: int


def _sampling(config: RunConfig) -> _Sampling:
    section = config.sampling
    if not section.completions:
        return _Sampling(0, 0, 0)
    problems = min(section.problems or config.data.grpo_problems, config.data.grpo_problems)
    size = min(section.batch_size, problems)
    return _Sampling(-(-problems // size), size, size * section.completions)


def budget_s(config: RunConfig) -> float:
    """Seconds of the budget, or of a session where there is none."""
    return parse_budget(config.budget) or SESSION_S
