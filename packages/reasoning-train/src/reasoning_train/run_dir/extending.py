"""Extension of a stage to more steps than the run began with."""

from dataclasses import replace

from reasoning_train.run_dir.candidates import reopen_choice
from reasoning_train.run_dir.directory import RunDir, evaluation_files


def extend(run: RunDir, stage: str) -> None:
    """Mark a stage, its evaluation and the export as unfinished, so that the stage resumes.

    Its earlier evaluation is kept as `<stage>-<steps>`. The caller holds the run's lock.

    Args:
        run: Run directory.
        stage: `sft` or `grpo`.
    """
    if stage == "grpo":
        reopen_choice(run)
    state = run.read_state()
    if stage not in state.done:
        return
    steps = state.steps.get(stage, 0)
    for path in evaluation_files(run, stage):
        kind = path.name.removeprefix(stage)
        if kind.startswith("."):
            path.rename(path.with_name(f"{stage}-{steps}{kind}"))
    after = {stage, f"{stage}-evaluation", "export"}
    run.write_state(replace(state, done=tuple(name for name in state.done if name not in after)))
