"""Evaluation stage: greedy completions of the held-out problems → `evaluation/<stage>.json`."""

from pathlib import Path

from reasoning_train.context import RunContext
from reasoning_train.evaluation.decoding import Decoding
from reasoning_train.evaluation.evaluator import Request, Subject, run_evaluation
from reasoning_train.evaluation.prediction import Prediction, read_predictions
from reasoning_train.evaluation.problems import held_out
from reasoning_train.evaluation.target import checkpoint_name, newest_checkpoint, weights_digest
from reasoning_train.run_dir.candidates import validation_folder
from reasoning_train.stages.best_prompt import add_best_prompt


def evaluate(context: RunContext, name: str) -> None:
    """Evaluate the model in memory, which is the run's at `base`, `sft` or `grpo`.

    The base is also asked in the form that suits it best (`best_prompt`). An interrupted evaluation
    goes on after its last batch.
    """
    config, run = context.config, context.run
    tasks = held_out(run.data)
    checkpoint = newest_checkpoint(run, name)
    request = Request(
        Subject(
            config.model.name, config.seed, checkpoint_name(checkpoint), weights_digest(checkpoint)
        ),
        tasks,
        [task.prompt for task in tasks],
        Decoding(config.evaluation.batch_size),
        settings={
            "max_completion_tokens": context.lengths.completion,
            "dtype": config.model.dtype,
        },
    )
    with context.clock.timed("evaluation"):
        summary = run_evaluation(
            request,
            context.generator,
            context.reward,
            output=run.evaluation,
            name=name,
            console=context.console,
            replace=True,
            validation=_validation(context, checkpoint) if name == "grpo" else (),
            fits=lambda seconds: context.clock.fits(seconds, "evaluation"),
        )
    if name == "base":
        add_best_prompt(context, request, summary)


def _validation(context: RunContext, checkpoint: Path | None) -> list[Prediction]:
    """What the checkpoint answered on validation problems; nothing without any."""
    if checkpoint is None:
        return []
    step = checkpoint.parent.name
    path = validation_folder(context.run) / f"{step}.predictions.jsonl"
    return read_predictions(path) if path.is_file() else []
