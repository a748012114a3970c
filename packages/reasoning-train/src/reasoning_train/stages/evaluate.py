"""Evaluation stage: greedy completions of held-out problems → `evaluation/<stage>.json`.

Those on further sets are in `evaluation/sets/<name>/`.
"""

from pathlib import Path

from reasoning_train.context import RunContext
from reasoning_train.evaluation.decoding import Decoding
from reasoning_train.evaluation.evaluator import Request, Subject, run_evaluation
from reasoning_train.evaluation.markdown import write_markdown
from reasoning_train.evaluation.prediction import Prediction, read_predictions
from reasoning_train.evaluation.problems import held_out
from reasoning_train.evaluation.target import checkpoint_name, newest_checkpoint, weights_digest
from reasoning_train.run_dir.candidates import validation_folder
from reasoning_train.run_dir.held_out import evaluation_folder, held_out_folders
from reasoning_train.stages.best_prompt import add_best_prompt


def evaluate(context: RunContext, name: str) -> None:
    """Evaluate the model in memory, which is the run's at `base`, `sft` or `grpo`.

    Every held-out set is answered, the one that verdicts are on first. On that one the base is also
    asked in the form that suits it best (`best_prompt`). An interrupted evaluation goes on after
    its last batch.
    """
    run = context.run
    for place, (set_name, folder) in enumerate(held_out_folders(run).items()):
        request = _request(context, name, set_name, folder)
        with context.clock.timed("evaluation"):
            summary = run_evaluation(
                request,
                context.generator,
                context.reward,
                output=evaluation_folder(run, set_name),
                name=name,
                console=context.console,
                replace=True,
                validation=_validation(context, name),
                fits=lambda seconds: context.clock.fits(seconds, "evaluation"),
            )
        if name == "base" and place == 0:
            add_best_prompt(context, request, summary)
    write_markdown(run.evaluation)


def _request(context: RunContext, name: str, set_name: str, folder: Path) -> Request:
    config = context.config
    tasks = held_out(folder)
    checkpoint = newest_checkpoint(context.run, name)
    return Request(
        Subject(
            config.model.name, config.seed, checkpoint_name(checkpoint), weights_digest(checkpoint)
        ),
        tasks,
        [task.prompt for task in tasks],
        Decoding(config.evaluation.batch_size),
        settings={
            "max_completion_tokens": context.lengths.completion,
            "dtype": config.model.dtype,
            **({"held_out": set_name} if set_name else {}),
        },
    )


def _validation(context: RunContext, name: str) -> list[Prediction]:
    """What GRPO's output answered on validation problems; nothing without any, or before GRPO."""
    if name != "grpo":
        return []
    step = context.run.newest_step("actor").parent.name
    path = validation_folder(context.run) / f"{step}.predictions.jsonl"
    return read_predictions(path) if path.is_file() else []
