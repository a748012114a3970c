"""One evaluation from problems to files: `<name>.json`, its predictions, and the summary."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from reasoning_data import Task
from reasoning_train.durable import write_json
from reasoning_train.evaluation.decoding import Decoder, Decoding, decode
from reasoning_train.evaluation.figures import summarise
from reasoning_train.evaluation.markdown import write_markdown
from reasoning_train.evaluation.prediction import Prediction, write_predictions
from reasoning_train.evaluation.problems import problems_sha256
from reasoning_train.evaluation.prompts import PromptFormat
from reasoning_train.evaluation.statistics import wilson
from reasoning_train.loop.progress import task as progress_of
from reasoning_train.reward.schedule import Scorer, described


@dataclass(frozen=True, slots=True)
class Subject:
    """What is evaluated.

    Attributes:
        model: Name of the base model.
        seed: Of the run that trained it; None where that is not known.
        checkpoint: `sft/50`, `actor/30`; empty for a model without one.
        weights: Something that changes with the weights, so that an interrupted evaluation is not
            continued with others.
    """

    model: str
    seed: int | None
    checkpoint: str = ""
    weights: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of which model.

    Attributes:
        subject: The model.
        tasks: The problems.
        prompts: What it is shown for each.
        decoding: How it answers.
        prompt_format: How `prompts` were made.
        settings: Whatever else the figures depend on, such as the longest completion.
    """

    subject: Subject
    tasks: Sequence[Task]
    prompts: Sequence[str]
    decoding: Decoding
    prompt_format: PromptFormat = PromptFormat.SCHEMA
    settings: Mapping[str, object] = field(default_factory=dict)

    def described(self) -> dict[str, object]:
        """What `<name>.json` says of it, beside model and seed."""
        sampling = {
            "samples": self.decoding.samples,
            "temperature": self.decoding.temperature,
            "sampling_seed": self.decoding.sampling_seed,
        }
        return {
            "checkpoint": self.subject.checkpoint,
            "prompt_format": self.prompt_format.value,
            "problems_sha256": problems_sha256(self.tasks),
            **self.settings,
            **(sampling if self.decoding.samples else {}),
        }


def run_evaluation(
    request: Request,
    decoder: Decoder,
    reward: Scorer,
    *,
    output: Path,
    name: str,
    console: Console,
    replace: bool = False,
    validation: Sequence[Prediction] = (),
    before_written: Callable[[dict[str, Any]], None] = lambda summary: None,
    fits: Callable[[float], bool] = lambda seconds: True,
) -> dict[str, Any]:
    """Answer, score and write; or go on with what an interrupted evaluation left.

    Args:
        output: Folder for `<name>.json`, `<name>.predictions.jsonl` and `summary.md`.
        replace: Begin anew where an interrupted evaluation of that name was another one.
        validation: By the same model on validation problems, for the post-hoc map.
        before_written: Told what `<name>.json` will hold before it is there, and the evaluation
            with it over.
        fits: Whether there is time for another batch of so many seconds; without, the figures are
            those of the problems so far, and `unanswered` says how many are missing.

    Returns:
        What `<name>.json` holds.

    Raises:
        UserError: The interrupted evaluation of that name was another one, and is not replaced.
    """
    asked = request.described()
    partial = output / f"{name}.predictions.jsonl.partial"
    identity = {
        "subject": asdict(request.subject),
        "decoding": asdict(request.decoding),
        "reward": described(reward),
        **asked,
    }
    with progress_of(console, f"evaluate {name}", len(request.tasks)) as progress:
        predictions = decode(
            request.tasks,
            request.prompts,
            decoder,
            reward,
            request.decoding,
            partial=partial,
            identity=identity,
            replace=replace,
            fits=fits,
            on_batch=lambda done: progress.update(len(done), _so_far(done, request.prompt_format)),
        )
    write_predictions(output / f"{name}.predictions.jsonl", predictions)
    subject = request.subject
    summary = summarise(
        predictions, model=subject.model, seed=subject.seed, validation=validation, **asked
    )
    if len(predictions) < len(request.tasks):
        summary["unanswered"] = len(request.tasks) - len(predictions)
    before_written(summary)
    write_json(output / f"{name}.json", summary)
    write_markdown(output)
    partial.unlink()
    return summary


def _so_far(predictions: list[Prediction], prompt_format: PromptFormat) -> str:
    """The running accuracy: strict where the schema is asked for, else lenient."""
    strict = prompt_format.in_schema
    right = sum(p.correct if strict else p.correct_lenient for p in predictions)
    interval = wilson(right, len(predictions))
    return (
        f"{'accuracy' if strict else 'lenient accuracy'} {right / len(predictions):.1%} "
        f"({100 * interval.low:.0f}–{100 * interval.high:.0f})"
    )
