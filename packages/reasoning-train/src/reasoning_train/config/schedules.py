"""Learning-rate schedules that can be followed."""

from collections.abc import Container

from reasoning_train.config.schema import RunConfig
from reasoning_train.errors import UserError


def check_schedules(config: RunConfig, done: Container[str] = ()) -> None:
    """Refuse a warm-up that leaves no step to decay in.

    Not part of reading a configuration: runs that were made with such a one can still be asked,
    evaluated, continued and exported.

    Args:
        config: The settings.
        done: Stages that are finished, whose schedule is past.

    Raises:
        UserError: A stage has no more steps than its warm-up.
    """
    stages = [
        (name, section.steps, section.warmup_steps)
        for name, section in (("sft", config.sft), ("grpo", config.grpo))
        if section.bound == "steps"
    ]
    if config.own_traces.steps:
        stages.append(("own_traces", config.own_traces.steps, config.own_traces.warmup_steps))
    for name, steps, warmup in stages:
        stage = name.replace("_", "-")
        if stage not in done and steps <= warmup:
            raise UserError(
                f"{name}.warmup_steps {warmup} must be below {name}.steps {steps}, or the "
                f"learning rate never decays; try --{stage}.warmup-steps {steps // 5}"
            )
