"""Python API of `reasoning-train run`, which also accepts a reward function."""

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
    """Run every stage that is not finished yet, and write the run's report page.

    Calling it again resumes an interrupted run.

    Args:
        config: Configuration, from `load_config`.
        run_dir: Run directory; None for `runs/run-<n>`, which resumes an unfinished run with the
            same settings.
        reward: Function `(completion, gold, prompt) -> float` whose value is added to the composite
            reward, like those of `reward.extra`. A function that can be imported runs in its own
            process with a time limit per row. Any other, such as a closure or one defined in a
            notebook, runs in this process without a limit.
        weight: Factor of the function's value.
        source: Run directory whose data and SFT are copied, so that this run begins at GRPO.
        until: Name of the last stage to run.
        console: Where progress is shown; None for standard output.

    Returns:
        The run directory with the paths of its files.

    Raises:
        UserError: Settings, input, model or run directory cannot be used.
        TrainingError: Training cannot continue.
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
    # Imported late, so that settings are checked before JAX is imported.
    from reasoning_train.pipeline import run_pipeline
    from reasoning_train.report import write_report

    try:
        done = run_pipeline(config, root, console or Console(), until=until, own=own)
    except (DataError, ExportError) as error:
        raise UserError(str(error)) from error
    write_report(done.root)
    return done
