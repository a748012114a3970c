"""All stages of a run, in order, each skipped if an earlier process finished it.

data → evaluate base → SFT → sample → SFT on own samples → evaluate → GRPO → evaluate → export.
Forward only: a stage reads what the one before it left on disk. An interrupted training stage goes
on from its newest checkpoint, sampling and evaluations after their last batch, any other is begun
again.
"""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from reasoning_data import read_manifest
from reasoning_train.clock.budget import Clock, parse_budget, stage_ends
from reasoning_train.config import RunConfig
from reasoning_train.console.logs import logging_to
from reasoning_train.console.opening import opening_line, row_lines
from reasoning_train.console.summary import plan_line
from reasoning_train.context import RunContext
from reasoning_train.durable import write_json
from reasoning_train.loop.compile_time import CompileTime
from reasoning_train.loop.host_memory import keep_freed_memory
from reasoning_train.loop.interruption import Interruption
from reasoning_train.models import locate_base
from reasoning_train.models.check import check_targets
from reasoning_train.models.run_base import check_same_base, weights_of_run
from reasoning_train.models.stop_token import check_stop
from reasoning_train.reward.judged_problems import judged_problems
from reasoning_train.reward.user_function import NONE, Own
from reasoning_train.run_dir.clock_file import keeping, read_clock
from reasoning_train.run_dir.directory import RunDir, begun
from reasoning_train.run_dir.held_out import held_out_folders
from reasoning_train.run_dir.manifest import run_manifest
from reasoning_train.run_dir.metrics import last_elapsed
from reasoning_train.run_dir.settings_record import record_settings
from reasoning_train.stages.evaluate import evaluate
from reasoning_train.stages.export import export
from reasoning_train.stages.grpo import train_grpo
from reasoning_train.stages.own_traces import train_own_traces
from reasoning_train.stages.prepare import prepare
from reasoning_train.stages.sampling import draw_samples
from reasoning_train.stages.sft import train_sft
from reasoning_train.stages.token_view import write_token_view
from reasoning_train.tracking import check_installed, open_sinks

_log = logging.getLogger(__name__)


def _data(context: RunContext) -> None:
    manifest = prepare(context.config, context.base.tokenizer, context.run)
    if context.config.reward.rubric_column:
        judged_problems(context.run.data, context.config.reward.rubric_column)
    folders = held_out_folders(context.run)
    sets = {name: read_manifest(folder) for name, folder in folders.items() if name}
    held_out = {name: found.sha256 for name, found in sets.items()}
    write_json(
        context.run.manifest,
        run_manifest(context.config, context.base, manifest.sha256, held_out),
    )
    for line in row_lines(manifest, context.config, sets):
        context.say(line)


def _base(context: RunContext) -> None:
    evaluate(context, "base")


def _sampling(context: RunContext) -> None:
    if context.config.sampling.completions:
        draw_samples(context)


def _own_traces(context: RunContext) -> int | None:
    return train_own_traces(context) if context.config.own_traces.steps else None


def _sft_evaluation(context: RunContext) -> None:
    context.restore(context.run.newest_step("sft"))
    evaluate(context, "sft")


def _grpo_evaluation(context: RunContext) -> None:
    context.restore(context.run.newest_step("actor"))
    evaluate(context, "grpo")
    write_token_view(context)


def _export(context: RunContext) -> None:
    export(context.run, context.base.folder)


STAGES: dict[str, Callable[[RunContext], int | None]] = {
    "data": _data,
    "base": _base,
    "sft": train_sft,
    "sampling": _sampling,
    "own-traces": _own_traces,
    "sft-evaluation": _sft_evaluation,
    "grpo": train_grpo,
    "grpo-evaluation": _grpo_evaluation,
    "export": _export,
}
"""In order. A training stage returns the number of updates it made."""


def run_pipeline(
    config: RunConfig, root: Path, console: Console, *, until: str = "export", own: Own = NONE
) -> RunDir:
    """Run every stage that is not finished yet, up to `until`.

    Args:
        config: The settings.
        root: The run directory.
        console: Where progress is shown.
        until: The last stage to run.
        own: Functions of `reward.extra` that only this process has.

    Raises:
        UserError: If the input, the model or the run directory cannot be used.
        StoppedError: On SIGTERM or Ctrl-C, with everything so far on disk.
    """
    keep_freed_memory()
    budget = parse_budget(config.budget)
    if config.track.wandb:
        check_installed()
    manifest = RunDir(root).manifest
    base = locate_base(config.model.name, weights_of_run(manifest, config.model.weights))
    check_same_base(manifest, base)
    if config.model.training == "lora":
        check_targets(base.folder, config.model.lora_targets)
        check_stop(base, config.data.style)
    interruption = Interruption()
    with (
        begun(root, config) as run,
        interruption.listening(),
        ExitStack() as cleanup,
    ):
        cleanup.enter_context(logging_to(run.log))
        changed = record_settings(run, config)
        state = run.read_state()
        kept = read_clock(run.clock)
        used = max(state.elapsed_s, last_elapsed(run.metrics), kept.elapsed_s)
        sinks = cleanup.enter_context(open_sinks(config, run, used))
        sampled = config.sampling.completions > 0
        ends = stage_ends(sampling=sampled)
        clock = Clock(budget, used, compiled=CompileTime(), longest=kept.longest_s, ends=ends)
        cleanup.enter_context(keeping(clock, run.clock))
        context = RunContext(
            config, base, run, clock, console, interruption, sinks, own_rewards=own
        )
        cleanup.callback(context.close)
        context.say(opening_line(config, run, [d.device_kind for d in context.mesh.devices.flat]))
        for change in changed:
            context.say(f"changed setting: {change}")
        if budget is not None:
            context.say(plan_line(budget, ends))
        for name, stage in STAGES.items():
            if name in state.done:
                continue
            interruption.check()
            context.stage_begun = state.elapsed_s
            _log.info("stage %s begins", name)
            steps = stage(context)
            now = context.clock.elapsed
            state = replace(
                state,
                done=(*state.done, name),
                elapsed_s=now,
                ended_s={**state.ended_s, name: now},
                seed=config.seed,
                steps=state.steps if steps is None else {**state.steps, name: steps},
            )
            run.write_state(state)
            if name == "base" and now > clock.deadline("setup"):
                late = now - clock.deadline("setup")
                context.say(
                    f"warning: set-up and the base's evaluation took {late:.0f} s more than their "
                    "share of the budget, which SFT now lacks; lower data.eval_problems"
                )
            if name == until:
                break
    return run
