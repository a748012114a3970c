"""What a plan's figures themselves say should change."""

from collections.abc import Sequence

from reasoning_train.config import RunConfig
from reasoning_train.plan.planner import PlannedFunction
from reasoning_train.plan.stages import StageEstimate, budget_s
from reasoning_train.plan.topology import Topology

SETTING_OF_ROWS = {
    "sft_step": "sft.batch_size",
    "rollout_decode": "grpo.batch_size",
    "grpo_step": "grpo.micro_batch",
    "evaluation_decode": "evaluation.batch_size",
}
SPARE = 0.10
"""Memory to keep: fragmentation, and what the compiler does not see."""


SETTING_OF_STEPS = {
    "sft": "sft.steps",
    "sampling": "sampling.completions",
    "own-traces": "own_traces.steps",
    "grpo": "grpo.steps",
    "evaluation": "data.eval_problems",
}
"""What decides how many steps a stage makes."""


def hints(
    config: RunConfig,
    topology: Topology,
    functions: Sequence[PlannedFunction],
    stages: Sequence[StageEstimate],
) -> list[str]:
    """One line each, the setting to change first."""
    found = [_memory(config, f) for f in functions if f.spare < SPARE]
    found += [
        _idle(f, topology.chips)
        for f in functions
        if f.name in SETTING_OF_ROWS and f.rows % topology.chips
    ]
    return found + [
        f"{SETTING_OF_STEPS[stage.name]}: {stage.steps_that_fit} of {stage.steps} "
        f"{'batches' if stage.name == 'sampling' else 'steps'} fit in the stage's share of "
        f"{budget_s(config) / 3600:g} h"
        f"{'' if stage.name == 'sampling' else '; its learning rate decays over all of them'}"
        for stage in stages
        if stage.steps_that_fit < stage.steps
    ]


def _memory(config: RunConfig, function: PlannedFunction) -> str:
    what = "does not fit" if not function.fits else f"leaves {function.spare:.0%} of the memory"
    if function.name in ("sft_step", "grpo_step", "reference"):
        ways = [] if config.model.remat else ["model.remat true"]
        ways += ["a smaller model.head_columns"]
    else:
        ways = ["shorter data.prompt_tokens or data.completion_tokens"]
    name = SETTING_OF_ROWS.get(function.name, "grpo.batch_size")
    return f"{name}: {function.name} {what} with {function.rows} rows; fewer, or {', '.join(ways)}"


def _idle(function: PlannedFunction, chips: int) -> str:
    nearest = max(function.rows // chips, 1) * chips
    becomes = "each chip does all of them"
    if function.name.endswith("_decode"):
        becomes = f"they are filled up to {-(-function.rows // chips) * chips}"
    return (
        f"{SETTING_OF_ROWS[function.name]}: {function.rows} rows of {function.name} do not split "
        f"over {chips} chips, so {becomes}; {nearest} would"
    )
