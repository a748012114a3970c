from itertools import islice

import pytest

from reasoning_data import Task
from reasoning_train.stages.grpo import prompt_batches, spare_prompts


@pytest.fixture
def tasks() -> list[Task]:
    return [
        Task(id=str(i), prompt=f"{i}?", gold=str(i), question=f"{i}?", source="here")
        for i in range(10)
    ]


def test_a_batch_keeps_prompts_ids_and_golds_together(tasks: list[Task]) -> None:
    for batch in islice(prompt_batches(tasks, 4, seed=0), 5):
        assert len(batch.ids) == 4
        assert batch.prompts == [f"{name}?" for name in batch.ids]
        assert batch.golds == batch.ids


def test_the_order_follows_from_the_seed(tasks: list[Task]) -> None:
    def drawn(seed: int) -> list[list[str]]:
        return [batch.ids for batch in islice(prompt_batches(tasks, 4, seed=seed), 5)]

    assert drawn(0) == drawn(0) != drawn(1)


def test_spare_prompts_follow_from_seed_step_and_draw(tasks: list[Task]) -> None:
    asked = [(seed, step, draw) for seed in (0, 1) for step in (1, 2) for draw in (1, 2)]
    found = [tuple(spare_prompts(tasks, 4, *numbers).ids) for numbers in asked]
    assert found == [tuple(spare_prompts(tasks, 4, *numbers).ids) for numbers in asked]
    assert len(set(found)) == len(asked)
    assert all(len(set(ids)) == 4 for ids in found)
