"""All stages of a run, in order, each skipped if an earlier process finished it.

data → evaluate base → SFT → evaluate → GRPO → evaluate → export. Forward only: a stage reads what
the one before it left on disk. A stage that was interrupted is begun again from there.
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from reasoning_train.budget import Clock, parse_budget
from reasoning_train.config import RunConfig
from reasoning_train.context import RunContext
from reasoning_train.host_memory import keep_freed_memory
from reasoning_train.manifest import run_manifest
from reasoning_train.models import locate_base
from reasoning_train.run_dir import RunDir, exclusive, open_run, write_json
from reasoning_train.stages.evaluate import evaluate
from reasoning_train.stages.export import export
from reasoning_train.stages.grpo import train_grpo
from reasoning_train.stages.prepare import prepare
from reasoning_train.stages.sft import train_sft


def _data(context: RunContext) -> None:
    tokenizer = context.base.folder / "tokenizer.model"
    manifest = prepare(context.config, tokenizer, context.run.data)
    write_json(context.run.manifest, run_manifest(context.config, context.base, manifest.sha256))


def _base(context: RunContext) -> None:
    evaluate(context, "base")


def _sft_evaluation(context: RunContext) -> None:
    context.restore(context.run.newest_step("sft"))
    evaluate(context, "sft")


def _grpo_evaluation(context: RunContext) -> None:
    context.restore(context.run.newest_step("actor"))
    evaluate(context, "grpo")


def _export(context: RunContext) -> None:
    export(context.run)


STAGES: dict[str, Callable[[RunContext], int | None]] = {
    "data": _data,
    "base": _base,
    "sft": train_sft,
    "sft-evaluation": _sft_evaluation,
    "grpo": train_grpo,
    "grpo-evaluation": _grpo_evaluation,
    "export": _export,
}
"""In order. A training stage returns the number of updates it made."""


def run_pipeline(config: RunConfig, root: Path, console: Console) -> RunDir:
    """Run every stage that is not finished yet.

    Raises:
        UserError: If the input, the model or the run directory cannot be used.
    """
    keep_freed_memory()
    budget = parse_budget(config.budget)
    base = locate_base(config.model.name, config.model.weights)
    run = open_run(root, config)
    with exclusive(run):
        state = run.read_state()
        context = RunContext(config, base, run, Clock(budget, state.elapsed_s), console)
        for name, stage in STAGES.items():
            if name in state.done:
                continue
            _clear_remains(run, name)
            steps = stage(context)
            state = replace(
                state,
                done=(*state.done, name),
                elapsed_s=context.clock.elapsed,
                seed=config.seed,
                steps=state.steps if steps is None else {**state.steps, name: steps},
            )
            run.write_state(state)
    return run


def _clear_remains(run: RunDir, stage: str) -> None:
    """Remove what an interrupted try of the stage left: it begins again from the stage before."""
    remains = {
        "sft": (run.checkpoints / "sft",),
        "grpo": (run.checkpoints / "actor", run.rollouts),
        "export": (run.export,),
    }
    for path in remains.get(stage, ()):
        shutil.rmtree(path, ignore_errors=True)
