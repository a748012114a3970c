"""New runs that begin at GRPO, with the data and SFT of another run."""

import shutil
from pathlib import Path

from reasoning_train.config import load_config
from reasoning_train.durable import move, sync_tree
from reasoning_train.errors import UserError
from reasoning_train.run_dir.directory import RunDir, State, check_root, evaluation_files, numbered
from reasoning_train.run_dir.metrics import copy_stages
from reasoning_train.run_dir.settings_record import record_settings

TAKEN = ("data", "base", "sft", "sampling", "own-traces", "sft-evaluation")
"""Stages whose results are copied if the other run has finished them."""


def branch_from(source: Path, root: Path) -> None:
    """Make a run directory that continues after the SFT of another run.

    Settings, data, the newest SFT checkpoint, samples, and evaluations and metrics up to there are
    copied. The new run may change the same settings as any run that is resumed. If `root` already
    is a run directory, nothing is done, so that repeating the command resumes it.

    Args:
        source: Run directory to begin from; it is not changed.
        root: The new run directory; missing, empty, or the result of an earlier call.

    Raises:
        UserError: `source` is not a run directory, its SFT has not finished, or `root` holds other
            files.
    """
    other, run = RunDir(source), RunDir(root)
    if run.config.is_file():
        return
    check_source(source)
    check_root(root)
    staged = RunDir(root.with_name(f".{root.name}.begun"))
    shutil.rmtree(staged.root, ignore_errors=True)
    _copy(other, staged, other.read_state())
    if root.is_dir():
        root.rmdir()
    sync_tree(staged.root)
    move(staged.root, root)


def check_source(source: Path) -> None:
    """Check that another run can begin from this one.

    Raises:
        UserError: The folder is not a run directory, or its SFT has not finished.
    """
    run = RunDir(source)
    if not run.config.is_file():
        raise UserError(f"--from {str(source)!r} is not a run directory: it has no config.toml")
    if "sft" not in run.read_state().done:
        raise UserError(
            f"--from {str(source)!r}: its SFT has not finished; finish it with "
            f"reasoning-train run --config {run.config} --run-dir {source} --until sft"
        )


def _copy(other: RunDir, staged: RunDir, state: State) -> None:
    staged.root.mkdir(parents=True)
    for path in (other.config, other.settings, other.manifest):
        if path.is_file():
            shutil.copy2(path, staged.root)
    if not staged.settings.is_file():  # a run from before settings were recorded
        record_settings(staged, load_config(file=staged.config))
    shutil.copytree(other.data, staged.data)
    if other.held_out.is_dir():
        shutil.copytree(other.held_out, staged.held_out)
    if numbered(other.checkpoints / "sft"):  # none where the base was sampled as it was
        newest = other.newest_step("sft").parent
        shutil.copytree(newest, staged.checkpoints / "sft" / newest.name)
    staged.evaluation.mkdir()
    for path in evaluation_files(other, "base", "sft"):
        copy = staged.evaluation / path.relative_to(other.evaluation)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    done = tuple(stage for stage in state.done if stage in TAKEN)
    ended = {stage: state.ended_s[stage] for stage in done if stage in state.ended_s}
    if "sampling" in done:
        _copy_some(other.samples, other.pass_rates, other.sampling, to=staged.root)
    if "own-traces" in done:
        _copy_some(other.own_traces, other.own_traces.with_suffix(".json"), to=staged.root)
    copy_stages(other.metrics, staged.metrics, done)
    staged.write_state(
        State(
            done=done,
            elapsed_s=max(ended.values(), default=0.0),
            seed=state.seed,
            steps={stage: state.steps[stage] for stage in done if stage in state.steps},
            ended_s=ended,
        )
    )


def _copy_some(*paths: Path, to: Path) -> None:
    """Copy those files and folders that exist."""
    for path in paths:
        if path.is_dir():
            shutil.copytree(path, to / path.name)
        elif path.is_file():
            shutil.copy2(path, to)
