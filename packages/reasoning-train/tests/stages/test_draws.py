from itertools import islice
from pathlib import Path

import pytest

from reasoning_data import Task
from reasoning_train.config import RunConfig, load_config
from reasoning_train.errors import UserError
from reasoning_train.loop.rollback import Rollbacks
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.run_dir.rollout_files import SCHEMA, write_rollouts
from reasoning_train.run_dir.sample_files import write_pass_rates
from reasoning_train.samples.pass_rates import read_pass_rates
from reasoning_train.stages.draws import Draws, prompt_batches, spare_prompts


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


def write_rollouts_of(run: RunDir, step: int, right: dict[str, int]) -> None:
    """A step whose groups have four rows, so many of them right."""
    names = [name for name in right for _ in range(4)]
    correct = [float(row < count) for count in right.values() for row in range(4)]
    empty = {field.name: [None] * len(names) for field in SCHEMA if field.name != "step"}
    write_rollouts(run.rollouts, step, {**empty, "id": names, "correctness": correct})


@pytest.fixture
def pooled(tmp_path: Path, tasks: list[Task]) -> tuple[RunDir, RunConfig]:
    """Settings of a pool, and a run that has sampled half of the problems."""
    flags = ["--grpo.prompts", "pool", "--sampling.completions", "4", "--grpo.batch-size", "3"]
    run = RunDir(tmp_path)
    write_pass_rates(
        run.pass_rates,
        [
            {"id": task.id, "draws": 4, "right": place % 5, "pass_rate": 0.5}
            for place, task in enumerate(tasks[: len(tasks) // 2])
        ],
    )
    return run, load_config(preset="tiny", flags=flags)


def test_a_resumed_pool_draws_what_an_uninterrupted_one_draws(
    pooled: tuple[RunDir, RunConfig], tasks: list[Task], tmp_path: Path
) -> None:
    run, config = pooled

    def draw(start: int) -> list[list[str]]:
        """The batches after step `start`, whose rollouts are there."""
        draws = Draws(tasks, config, run)
        found = []
        for step, batch in enumerate(draws.batches(Rollbacks(tmp_path / "none.json")), start=1):
            if step > start:
                found.append(batch.ids)
                write_rollouts_of(run, step, dict.fromkeys(batch.ids, 4))
            if step == 6:
                break
        assert draws.metrics[6]["pool/ability"] > draws.metrics[1]["pool/ability"] == 0.0
        return found

    whole = draw(0)
    assert draw(3) == whole[3:]
    sampled = {task.id for task in tasks[: len(tasks) // 2]}
    assert {name for batch in whole for name in batch} <= sampled


def test_rollouts_that_are_gone_are_named_with_a_remedy(
    pooled: tuple[RunDir, RunConfig], tasks: list[Task], tmp_path: Path
) -> None:
    batches = Draws(tasks, pooled[1], pooled[0]).batches(Rollbacks(tmp_path / "none.json"))
    next(batches)
    with pytest.raises(UserError, match=r"000001.parquet.*--from"):
        next(batches)


def test_a_pool_without_pass_rates_is_refused(pooled: tuple[RunDir, RunConfig]) -> None:
    with pytest.raises(UserError, match=r"grpo.prompts pool needs sampling.completions"):
        load_config(preset="tiny", flags=["--grpo.prompts", "pool"])
    pooled[0].pass_rates.unlink()
    with pytest.raises(UserError, match=r"pass_rates.parquet.*--grpo.prompts uniform"):
        read_pass_rates(pooled[0])
