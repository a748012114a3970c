import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reasoning_train.evaluation.statistics import crossed_share_interval, pooled_difference
from reasoning_train.report.evaluations import STAGE_LABELS
from reasoning_train.report.load import RunView, load_run
from reasoning_train.report.results import Entry
from reasoning_train.report.seeds import PooledPair, SeedResult, comparisons, pool, seed_groups

GRPO = {0: 9, 1: 7, 2: 8}
"""Number of problems solved by each seed after GRPO; after SFT it is always six."""

MakeRun = Callable[..., Path]


def outcomes(right: int) -> dict[str, list[bool]]:
    return {
        "base": [False] * 12,
        "sft": [True] * 6 + [False] * 6,
        "grpo": [True] * right + [False] * (12 - right),
    }


@pytest.fixture
def seeds(make_run: MakeRun) -> list[RunView]:
    """Make three runs with different seeds and budgets."""
    return [
        load_run(
            make_run(
                f"seed-{seed}",
                flags=["--seed", str(seed), "--budget", f"{20 + seed}m"],
                outcomes=outcomes(right),
            )
        )
        for seed, right in GRPO.items()
    ]


def entries(runs: Sequence[RunView]) -> list[Entry]:
    return [
        Entry(place, e.label, e.name, e, run.held_out)
        for place, run in enumerate(runs)
        for e in run.evaluations
    ]


def pooled(runs: Sequence[RunView]) -> SeedResult:
    (group,) = seed_groups(runs)
    return pool(group, entries(runs), [run.name for run in runs])


def pair(result: SeedResult, before: str, after: str) -> PooledPair:
    return next(p for p in result.pairs if (p.before, p.after) == (before, after))


def test_runs_that_differ_only_in_seed_and_budget_are_one_group(
    seeds: list[RunView], make_run: MakeRun
) -> None:
    (group,) = seed_groups(seeds)
    assert (group.name, group.places, group.seeds) == ("", (0, 1, 2), (0, 1, 2))
    other = load_run(make_run("other", flags=["--seed", "1", "--grpo.temperature", "0.7"]))
    first, second = seed_groups([*seeds, other])
    assert (first.name, first.places) == ("A (grpo.temperature 1.0)", (0, 1, 2))
    assert (second.name, second.places) == ("B (grpo.temperature 0.7)", (3,))


def test_runs_on_another_model_or_without_settings_stand_alone(seeds: list[RunView]) -> None:
    manifest = {"base_model": {"sha256": {"config.json": "other"}}}
    runs = [seeds[0], replace(seeds[1], manifest=manifest), replace(seeds[2], config={})]
    assert [group.places for group in seed_groups(runs)] == [(0,), (1,), (2,)]
    assert not any(group.several for group in seed_groups(runs))
    assert not seed_groups([seeds[0], seeds[0]])[0].several  # a run repeated is no second seed
    nothing = [replace(run, config={}) for run in seeds]
    assert len(seed_groups(nothing)) == 3


def test_differences_are_pooled_by_problem(seeds: list[RunView]) -> None:
    found = pair(pooled(seeds), "SFT", "GRPO")
    changes = [[0.0] * 6 + [1.0] * (n - 6) + [0.0] * (12 - n) for n in GRPO.values()]
    expected = pooled_difference(changes, [0, 1, 2])
    # Problems may come in another order, which sums notice in the last digit.
    assert found.difference is not None
    assert found.difference.per_seed == pytest.approx(expected.per_seed)
    for name in ("seed_interval", "crossed_interval"):
        got, want = (getattr(d, name) for d in (found.difference, expected))
        assert (got.low, got.high) == pytest.approx((want.low, want.high))
    assert found.sentence.startswith("GRPO − SFT over 3 seeds (0, 1, 2): +16.7 points, 95 % CI ")
    assert "n = 12 each" in found.sentence
    assert not found.certain
    assert pair(pooled(seeds), "Base", "GRPO").certain


def test_means_have_intervals_over_seeds_and_problems(seeds: list[RunView]) -> None:
    result = pooled(seeds)
    assert [(label, runs) for label, _, runs in result.columns] == [
        (label, 3) for label in STAGE_LABELS.values()
    ]
    accuracy = result.table[0]
    assert (accuracy.name, accuracy.cells[2].value) == ("Accuracy", "66.7 %")
    assert accuracy.cells[2].spread == "seeds 58.3 to 75.0 %"
    ends = crossed_share_interval([[float(v) for v in outcomes(n)["grpo"]] for n in GRPO.values()])
    assert accuracy.cells[2].interval == f"{100 * ends.low:.1f} to {100 * ends.high:.1f} %"
    label, _, mean, interval, each = result.accuracies[2]
    assert (label, mean, each) == ("GRPO", pytest.approx(2 / 3), (0.75, 7 / 12, 8 / 12))
    assert (interval.low, interval.high) == pytest.approx((ends.low, ends.high))


def test_a_run_that_is_not_there_yet_is_named(seeds: list[RunView]) -> None:
    unfinished = replace(seeds[2].evaluations[2], summary=None)
    third = replace(seeds[2], evaluations=(*seeds[2].evaluations[:2], unfinished))
    found = pair(pooled([*seeds[:2], third]), "SFT", "GRPO")
    assert found.difference is not None
    assert found.difference.seeds == (0, 1)
    assert found.sentence.endswith("; without seed-2")
    alone = pair(
        pooled([seeds[0], *[replace(r, evaluations=r.evaluations[:2]) for r in seeds[1:]]]),
        "SFT",
        "GRPO",
    )
    assert alone.sentence.startswith("GRPO − SFT: not pooled. Only one seed")


def test_other_problems_and_the_same_seed_are_not_pooled(
    seeds: list[RunView], make_run: MakeRun
) -> None:
    rows = tuple(replace(row, id=f"x{row.id}") for row in seeds[1].evaluations[2].rows)
    grpo = replace(seeds[1].evaluations[2], rows=rows)
    strange = replace(seeds[1], evaluations=(*seeds[1].evaluations[:2], grpo))
    result = pooled([seeds[0], strange, seeds[2]])
    assert "not pooled. They are on different problems" in pair(result, "SFT", "GRPO").sentence
    assert pair(result, "Base", "SFT").difference is not None
    again = load_run(make_run("again"))
    assert "a repeated seed is not new evidence" in pooled([seeds[0], again]).pairs[0].sentence


def test_runs_whose_problems_differ_from_the_first_are_refused(seeds: list[RunView]) -> None:
    evaluations = tuple(
        replace(e, rows=tuple(replace(row, gold="no") for row in e.rows))
        for e in seeds[1].evaluations
    )
    strange = replace(seeds[1], evaluations=evaluations)
    found = pair(pooled([seeds[0], strange]), "Base", "SFT")
    assert found.difference is None
    assert "12 of Base's 12 are not in Base" in found.reason


def test_two_settings_with_the_same_seeds_are_held_against_each_other(
    seeds: list[RunView], make_run: MakeRun
) -> None:
    cold = [
        load_run(make_run(f"cold-{seed}", flags=["--seed", str(seed), "--grpo.temperature", "0.7"]))
        for seed in (1, 0)
    ]
    runs = [*seeds[:2], *cold]
    found = comparisons(seed_groups(runs), entries(runs))
    assert [(p.before, p.measure) for p in found][::2] == [
        ("SFT of A (grpo.temperature 1.0)", "strict"),
        ("GRPO of A (grpo.temperature 1.0)", "strict"),
    ]
    difference = found[2].difference
    assert difference is not None
    assert difference.seeds == (0, 1)
    assert difference.per_seed == pytest.approx((0.0, 2 / 12))  # nine right each, then seven
    assert comparisons(seed_groups([*seeds, *cold]), entries([*seeds, *cold])) == []


def test_samples_are_pooled_over_seeds_only(seeds: list[RunView]) -> None:
    runs = [
        replace(
            run,
            evaluations=tuple(
                replace(e, summary={**(e.summary or {}), "pass_at_k": {"4": 0.5 + place / 10}})
                for e in run.evaluations
            ),
        )
        for place, run in enumerate(seeds)
    ]
    row = next(row for row in pooled(runs).table if row.name == "pass@4")
    assert (row.cells[0].value, row.cells[0].spread) == ("60.0 %", "seeds 50.0 to 70.0 %")
    assert json.loads(json.dumps(row.cells[0].interval)).startswith("35.2 to 84.8")
