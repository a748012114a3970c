"""From the configuration to what the engine is given: one place for the stages and for `plan`."""

from reasoning_train.config import RunConfig
from reasoning_train.config.schema import GrpoSection, SftSection
from reasoning_train.engine.generation import Lengths
from reasoning_train.engine.grpo import GrpoSettings
from reasoning_train.engine.model import Lora
from reasoning_train.engine.optimizer import OptimizerSettings

UNBOUNDED = 10**9  # updates of a stage that the clock ends


def lengths(config: RunConfig) -> Lengths:
    """Token limits of prompts and completions."""
    return Lengths(config.data.prompt_tokens, config.data.completion_tokens)


def lora(config: RunConfig) -> Lora | None:
    """The adapters; None where every weight is trained."""
    section = config.model
    if section.training == "full":
        return None
    return Lora(section.lora_rank, section.lora_alpha, section.lora_targets)


def optimizer_settings(section: SftSection | GrpoSection) -> OptimizerSettings:
    """The optimizer of a training stage."""
    by_clock = section.bound == "clock"
    return OptimizerSettings(
        section.learning_rate,
        UNBOUNDED if by_clock else section.steps,
        section.warmup_steps,
        injected_rate=by_clock,
    )


def own_traces(config: RunConfig) -> SftSection:
    """SFT on own samples: rows and guards of SFT, steps and rates of its own."""
    section = config.own_traces
    return config.sft.model_copy(
        update={
            "steps": section.steps,
            "bound": "steps",
            "learning_rate": section.learning_rate,
            "warmup_steps": section.warmup_steps,
        }
    )


def grpo_settings(config: RunConfig) -> GrpoSettings:
    """The algorithm of GRPO."""
    section = config.grpo
    return GrpoSettings(
        generations=section.num_generations,
        micro_batch=section.micro_batch or section.batch_size,
        temperature=section.temperature,
        advantage=section.advantage,
        aggregation=section.aggregation,
        kl_coefficient=section.kl_coefficient,
        columns=config.model.head_columns,
        overlong_filter=section.overlong_filter,
        drop_flat_groups=section.drop_flat_groups,
    )
