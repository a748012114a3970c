"""Evaluation stage: greedy completions of the held-out problems → `evaluation/<stage>.json`."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from reasoning_data import Task, read_tasks
from reasoning_rewards import (
    CompositeReward,
    TraceStatus,
    calibration_report,
    final_answer,
    same_answer,
)
from reasoning_train.context import RunContext
from reasoning_train.progress import task
from reasoning_train.rewarding import composite_reward
from reasoning_train.run_dir import write_json
from reasoning_train.statistics import Interval, mean_interval, wilson


@dataclass(frozen=True, slots=True)
class Prediction:
    """One held-out problem with its greedy completion and scores.

    `correct` is strict, inside the tags; `correct_lenient` takes the final answer wherever it
    stands.
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
    stated_confidence: float


def predict(task_: Task, completion: str, reward: CompositeReward, *, finished: bool) -> Prediction:
    """Score one completion."""
    score = reward.score(completion, task_.gold, task_.prompt)
    lenient = final_answer(completion)
    return Prediction(
        id=task_.id,
        prompt=task_.prompt,
        completion=completion,
        gold=task_.gold,
        finished=finished,
        status=score.status.value,
        correct=score.status is TraceStatus.WELL_FORMED and score.correctness == 1.0,
        correct_lenient=lenient is not None and same_answer(lenient, task_.gold),
        total=score.total,
        correctness=score.correctness,
        structure=score.structure,
        confidence=score.confidence,
        stated_confidence=score.stated_confidence,
    )


def summarise(predictions: list[Prediction], *, model: str, seed: int) -> dict[str, object]:
    """What `evaluation/<stage>.json` holds: shares and means with 95 % intervals, and n."""
    n = len(predictions)
    correct = sum(p.correct for p in predictions)
    lenient = sum(p.correct_lenient for p in predictions)
    formed = sum(p.status == TraceStatus.WELL_FORMED.value for p in predictions)
    totals = [p.total for p in predictions]
    calibration = calibration_report(
        [p.stated_confidence for p in predictions], [p.correct for p in predictions]
    )

    def pair(interval: Interval) -> list[float]:
        return [interval.low, interval.high]

    return {
        "model": model,
        "decoding": "greedy",
        "seed": seed,
        "n": n,
        "accuracy": correct / n,
        "accuracy_lenient": lenient / n,
        "well_formed": formed / n,
        "mean_reward": sum(totals) / n,
        "ece": calibration.ece,
        "brier": calibration.brier,
        "auroc": calibration.auroc,
        "cut": sum(not p.finished for p in predictions) / n,
        "ci95": {
            "accuracy": pair(wilson(correct, n)),
            "accuracy_lenient": pair(wilson(lenient, n)),
            "well_formed": pair(wilson(formed, n)),
            "mean_reward": pair(mean_interval(totals)),
        },
    }


def evaluate(context: RunContext, name: str) -> None:
    """Evaluate the model in memory and write `evaluation/<name>.json` with its predictions."""
    config, run = context.config, context.run
    tasks = read_tasks(run.data, "eval")
    reward = composite_reward(config.reward)
    size = min(config.evaluation.batch_size, len(tasks))
    predictions: list[Prediction] = []
    with task(context.console, f"evaluate {name}", len(tasks)) as progress:
        for start in range(0, len(tasks), size):
            batch = tasks[start : start + size]
            padded = [t.prompt for t in batch] + [batch[-1].prompt] * (size - len(batch))
            completions = context.generator.greedy(padded)
            predictions += [
                predict(t, text, reward, finished=finished)
                for t, text, finished in zip(
                    batch, completions.texts, completions.finished, strict=False
                )
            ]
            right = sum(p.correct for p in predictions) / len(predictions)
            progress.update(len(predictions), f"accuracy {right:.1%}")
    write_predictions(run.evaluation / f"{name}.predictions.jsonl", predictions)
    summary = summarise(predictions, model=config.model.name, seed=config.seed)
    write_json(run.evaluation / f"{name}.json", summary)


def write_predictions(path: Path, predictions: list[Prediction]) -> None:
    """One JSON object a line, in the order of the problems."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(asdict(p), ensure_ascii=False) + "\n" for p in predictions]
    path.write_text("".join(lines), encoding="utf-8")


def read_predictions(path: Path) -> list[Prediction]:
    """What `write_predictions` wrote."""
    with path.open(encoding="utf-8") as file:
        return [Prediction(**json.loads(line)) for line in file]
