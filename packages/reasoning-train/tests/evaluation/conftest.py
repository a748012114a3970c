"""A small build, and evaluations of it on disk."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from reasoning_data import Cleaning, Task, generate_arithmetic, prepare_training_data, read_tasks
from reasoning_rewards import CompositeReward
from reasoning_train.durable import write_json
from reasoning_train.evaluation.figures import summarise
from reasoning_train.evaluation.prediction import predict, write_predictions
from reasoning_train.evaluation.problems import problems_sha256

Evaluate = Callable[..., Path]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 worked problems, 4 for GRPO, 10 held out."""
    folder = tmp_path_factory.mktemp("data") / "build"
    drawn = generate_arithmetic(16, seed=0)
    problems = {
        "sft": drawn[:12],
        "grpo": drawn[12:],
        "eval": generate_arithmetic(10, seed=0, held_out=True),
    }
    cleaning = Cleaning(near_threshold=0.0, ngram=0)
    prepare_training_data(problems, folder, style="bare", cleaning=cleaning, messages=False)
    return folder


@pytest.fixture(scope="session")
def tasks(build: Path) -> list[Task]:
    return read_tasks(build, "eval")


@pytest.fixture
def evaluate(tasks: list[Task]) -> Evaluate:
    """Write `<folder>/<name>.json` and predictions whose n-th is right or not."""

    def write(
        folder: Path,
        name: str,
        outcomes: Sequence[bool],
        *,
        seed: int = 0,
        problems: Sequence[Task] = (),
        **more: object,
    ) -> Path:
        asked = list(problems or tasks)[: len(outcomes)]
        predictions = [
            predict(
                task,
                f"<reasoning>so.</reasoning><answer>{task.gold if right else -1}</answer>",
                CompositeReward(),
                finished=True,
                completion_tokens=12,
            )
            for task, right in zip(asked, outcomes, strict=True)
        ]
        more = {"problems_sha256": problems_sha256(asked), "prompt_format": "schema", **more}
        write_predictions(folder / f"{name}.predictions.jsonl", predictions)
        write_json(folder / f"{name}.json", summarise(predictions, model="m", seed=seed, **more))
        return folder / f"{name}.json"

    return write
