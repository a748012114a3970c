"""Problems of `reasoning-gym` (arXiv:2505.24760), an optional extra."""

from collections.abc import Iterator

from reasoning_data.errors import DataError, Reason, Reject
from reasoning_data.problem import Item, Problem

LICENSE = "Apache-2.0"


def gym_items(task: str, count: int, seed: int, name: str) -> Iterator[Item | Reject]:
    """Yield problems of one generator, such as `chain_sum`; they have no rationale.

    Args:
        task: Name of the generator.
        count: Number of problems to draw.
        seed: Seed of the generator.
        name: Prefix of their ids.

    Raises:
        DataError: The extra is not installed, or the generator does not exist.
    """
    try:
        import reasoning_gym
    except ImportError as error:
        raise DataError("reasoning-gym is not installed; pip install reasoning-gym") from error
    try:
        rows = reasoning_gym.create_dataset(task, size=count, seed=seed)
    except ValueError as error:
        raise DataError(f"reasoning-gym has no generator {task!r}: {error}") from error
    for number, row in enumerate(rows, start=1):
        origin = f"reasoning-gym/{task}:{number}"
        if row["answer"] is None or not str(row["answer"]).strip():
            # Some of its tasks are scored by a program and have no single gold.
            yield Reject(f"{name}:{number}", Reason.BAD_GOLD, "the task has no gold", origin)
            continue
        question, answer = str(row["question"]), str(row["answer"])
        problem = Problem(
            f"{name}:{number}", question, answer, "", f"reasoning-gym/{task}", LICENSE
        )
        yield Item(problem, origin)
