"""Train a stage further than it was to go: more steps than the run began with."""

from dataclasses import replace

from reasoning_train.run_dir.candidates import reopen_choice
from reasoning_train.run_dir.directory import RunDir, evaluation_files


def extend(run: RunDir, stage: str) -> None:
    """Take a stage and what was made of it for unfinished; the caller holds the run's lock.

    The stage then goes on from its last checkpoint. Its evaluation stays beside the new one, as
    `<stage>-<steps>`.

    Args:
        run: The run.
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
