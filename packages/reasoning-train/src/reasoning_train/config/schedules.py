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
    for name, section in (("sft", config.sft), ("grpo", config.grpo)):
        if name in done or section.bound != "steps":
            continue
        if section.steps <= section.warmup_steps:
            raise UserError(
                f"{name}.warmup_steps {section.warmup_steps} must be below {name}.steps "
                f"{section.steps}, or the learning rate never decays; try "
                f"--{name}.warmup-steps {section.steps // 5}"
            )
