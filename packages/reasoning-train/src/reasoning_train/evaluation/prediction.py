"""One held-out problem with what the model wrote and how it was scored; kept as JSON lines."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from reasoning_data import Task
from reasoning_rewards import TraceStatus, final_answer, same_answer
from reasoning_train.durable import write_text
from reasoning_train.errors import UserError
from reasoning_train.evaluation.independent import independent_correct
from reasoning_train.reward.schedule import Scorer
from reasoning_train.reward.stated import stated_confidence


@dataclass(frozen=True, slots=True)
class Sample:
    """One of several completions drawn for a problem, scored as a `Prediction` is.

    What files of an earlier version did not keep is None.
    """

    completion: str
    finished: bool
    completion_tokens: int
    correct: bool
    correct_lenient: bool
    status: str | None = None
    total: float | None = None
    correctness: float | None = None
    structure: float | None = None
    confidence: float | None = None
    stated_confidence: float | None = None
    independent_correct: bool | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """One held-out problem with its greedy completion and scores.

    Attributes:
        prompt: What the model was shown.
        finished: Whether the completion ended by itself; else it was cut at the limit.
        correct: Strict: the answer inside the tags is the gold.
        correct_lenient: The final answer, wherever it stands, is the gold.
        completion_tokens: Length, stop token included; None in files that did not keep it.
        stated_confidence: What the completion says of its own certainty; None where it says
            nothing.
        independent_correct: What a reader that shares no code with the reward says; None likewise.
        error: What of the score could not be had, and why; empty if all could.
        samples: Sampled completions, if any were drawn.
    """

    id: str
    prompt: str
    completion: str
    gold: str
    finished: bool
    status: str
    correct: bool
    correct_lenient: bool
    total: float
    correctness: float
    structure: float
    confidence: float
    stated_confidence: float | None = None
    completion_tokens: int | None = None
    independent_correct: bool | None = None
    error: str = ""
    samples: tuple[Sample, ...] = ()


_FIELDS = {field.name for field in fields(Prediction)}
_SAMPLE_FIELDS = {field.name for field in fields(Sample)}


def predict(
    task: Task,
    completion: str,
    reward: Scorer,
    *,
    finished: bool,
    completion_tokens: int | None = None,
    prompt: str | None = None,
    samples: tuple[Sample, ...] = (),
) -> Prediction:
    """Score one greedy completion.

    Args:
        prompt: What the model was shown, where that is not the task's own prompt. The reward always
            sees the task's: the examples of a few-shot prompt are no part of the problem.
    """
    score = reward.score(completion, task.gold, task.prompt)
    return Prediction(
        id=task.id,
        prompt=task.prompt if prompt is None else prompt,
        completion=completion,
        gold=task.gold,
        finished=finished,
        status=score.status.value,
        correct=score.status is TraceStatus.WELL_FORMED and score.correctness == 1.0,
        correct_lenient=_lenient(completion, task.gold),
        total=score.total,
        correctness=score.correctness,
        structure=score.structure,
        confidence=score.confidence,
        stated_confidence=stated_confidence(completion),
        completion_tokens=completion_tokens,
        independent_correct=independent_correct(completion, task.gold),
        error=score.error,
        samples=samples,
    )


def score_sample(
    task: Task,
    completion: str,
    reward: Scorer,
    *,
    finished: bool,
    completion_tokens: int,
) -> Sample:
    """Score one sampled completion as `predict` does."""
    scored = predict(
        task, completion, reward, finished=finished, completion_tokens=completion_tokens
    )
    return Sample(**{name: getattr(scored, name) for name in _SAMPLE_FIELDS})


def _lenient(completion: str, gold: str) -> bool:
    answer = final_answer(completion)
    return answer is not None and same_answer(answer, gold)


def to_line(prediction: Prediction) -> str:
    """The prediction as one line of JSON."""
    return json.dumps(asdict(prediction), ensure_ascii=False) + "\n"


def from_line(line: str) -> Prediction:
    """What `to_line` wrote, by this version or an earlier one; unknown fields are left out.

    Raises:
        ValueError: The line is no JSON object with the fields of a prediction.
    """
    try:
        values: dict[str, Any] = json.loads(line)
        samples = tuple(
            Sample(**{key: value for key, value in sample.items() if key in _SAMPLE_FIELDS})
            for sample in values.pop("samples", ())
        )
        known = {key: value for key, value in values.items() if key in _FIELDS}
        return Prediction(**known, samples=samples)
    except (TypeError, AttributeError) as error:
        raise ValueError(f"not a prediction: {error}") from error


def write_predictions(path: Path, predictions: list[Prediction]) -> None:
    """One JSON object a line, in the order of the problems; whole or not at all."""
    write_text(path, "".join(map(to_line, predictions)))


def read_predictions(path: Path) -> list[Prediction]:
    """What `write_predictions` wrote.

    Raises:
        UserError: There is no such file, or a line of it is no prediction.
    """
    if not path.is_file():
        raise UserError(f"no predictions at {str(path)!r}: evaluate again")
    predictions = []
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            try:
                predictions.append(from_line(line))
            except ValueError as error:
                raise UserError(
                    f"{path}:{number} cannot be read ({error}): evaluate again"
                ) from error
    return predictions
