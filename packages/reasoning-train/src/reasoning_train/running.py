"""A run from Python: what `reasoning-train run` does, with a reward function at hand."""

from pathlib import Path

from rich.console import Console

from reasoning_data import DataError
from reasoning_export import ExportError
from reasoning_train.config import RunConfig
from reasoning_train.errors import UserError
from reasoning_train.preflight import preflight
from reasoning_train.reward.user_function import NONE, Reward, offer
from reasoning_train.run_dir.branching import branch_from
from reasoning_train.run_dir.directory import RunDir, default_root

RUNS = Path("runs")


def run(
    config: RunConfig,
    run_dir: str | Path | None = None,
    *,
    reward: Reward | None = None,
    weight: float = 0.1,
    source: str | Path | None = None,
    until: str = "export",
    console: Console | None = None,
) -> RunDir:
    """Run every stage that is not finished yet, and write the run's page.

    The same call continues an interrupted run.

    Args:
        config: The settings, from `load_config`.
        run_dir: Where the run is kept; None for `runs/run-<n>`, which continues an unfinished run
            of the same settings.
        reward: A function `(completion, gold, prompt) -> float` that is added to the composite
            reward, as `reward.extra` adds one. One that can be imported runs in a process of its
            own with a time limit for each row; one of a notebook, or one made by another function,
            runs in this process without a limit.
        weight: What its value is multiplied by.
        source: A run whose data and SFT are taken over; this one begins at GRPO.
        until: Stop after this stage.
        console: Where progress is shown; None for standard output.

    Returns:
        The run directory, with the paths of everything in it.

    Raises:
        UserError: If settings, input, model or run directory cannot be used.
        TrainingError: If training cannot go on.
    """
    own = NONE
    if reward is not None:
        text, own = offer(reward, weight)
        extra = (*config.reward.extra, text)
        section = config.reward.model_copy(update={"extra": extra})
        config = config.model_copy(update={"reward": section})
    root = Path(run_dir) if run_dir is not None else default_root(RUNS, "run", config)
    source = Path(source) if source is not None else None
    preflight(config, root, source, own)
    if source is not None:
        branch_from(source, root)
    # Late: settings are checked before JAX is imported.
    from reasoning_train.pipeline import run_pipeline
    from reasoning_train.report import write_report

    try:
        done = run_pipeline(config, root, console or Console(), until=until, own=own)
    except (DataError, ExportError) as error:
        raise UserError(str(error)) from error
    write_report(done.root)
    return done
