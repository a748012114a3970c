from dataclasses import replace

import pytest

from reasoning_train.evaluation.statistics import paired_difference, wilson
from reasoning_train.report.evaluations import Evaluation
from reasoning_train.report.load import RunView
from reasoning_train.report.results import (
    Cell,
    Entry,
    couples,
    flat,
    paired,
    results_table,
)


def entries(run: RunView) -> list[Entry]:
    return [Entry(0, e.label, "", e, run.held_out) for e in run.evaluations]


def cells(run: RunView, name: str) -> list[str]:
    row = next(row for row in results_table(entries(run)) if row.name == name)
    return [cell.value for cell in row.cells]


def with_summary(run: RunView, **values: object) -> RunView:
    first, *others = run.evaluations
    summary = {**(first.summary or {}), **values}
    return replace(run, evaluations=(replace(first, summary=summary), *others))


def test_the_table_takes_the_summary_and_else_the_predictions(run: RunView) -> None:
    assert cells(run, "Accuracy") == ["0.0 %", "50.0 %", "75.0 %"]
    assert cells(run, "… structure") == ["1.000", "1.000", "1.000"]
    assert cells(with_summary(run, accuracy=0.25, mean_reward=0.125), "Accuracy")[0] == "25.0 %"
    assert cells(with_summary(run, mean_reward=0.125), "Reward")[:2] == ["0.125", "0.600"]


def test_intervals_are_the_summarys_or_wilsons(run: RunView) -> None:
    stored = with_summary(run, ci95={"accuracy": [0.1, 0.2]})
    row = results_table(entries(stored))[0]
    assert row.cells[0].interval == "10.0 to 20.0 %"
    lenient = next(r for r in results_table(entries(run)) if r.name == "Accuracy, lenient")
    ends = wilson(6, 12)
    assert lenient.cells[1].interval == f"{100 * ends.low:.1f} to {100 * ends.high:.1f} %"


def test_a_figure_that_nobody_has_is_no_row_and_pass_at_k_is_one(run: RunView) -> None:
    names = [row.name for row in results_table(entries(run))]
    assert "ECE" not in names
    assert "Length" not in names
    alone = [row.name for row in results_table(entries(with_summary(run, ece=0.1, brier=0.1)))]
    assert not {"ECE", "Brier"} & {*alone}  # without the AUROC that says what they are worth
    newer = with_summary(
        run,
        ece=0.1,
        auroc=0.75,
        pass_at_k={"1": 0.5, "8": 0.75},
        maj_at_k_lenient={"4": 0.25},
        ci95={"pass_at_8": [0, 1]},
    )
    rows = {row.name: row.cells[0] for row in results_table(entries(newer))}
    assert rows["ECE"].value == "0.100"
    assert rows["pass@8"] == Cell("75.0 %", "0.0 to 100.0 %")
    assert rows["maj@4, lenient"].value == "25.0 %"


def test_pairs_are_made_by_problem_not_by_line(run: RunView) -> None:
    _, sft, grpo = entries(run)
    shuffled = replace(
        grpo, evaluation=replace(grpo.evaluation, rows=tuple(reversed(grpo.evaluation.rows)))
    )
    pair = paired(sft, shuffled, "strict")
    before = [row.correct for row in sft.evaluation.rows]
    after = [row.correct for row in grpo.evaluation.rows]
    assert pair.difference == paired_difference(before, after)
    assert (pair.difference.gained, pair.difference.lost) == (4, 1)


def test_stages_are_compared_in_their_order_and_others_with_the_last(run: RunView) -> None:
    def labels(found: list[Entry]) -> list[tuple[str, str]]:
        return [(before.label, after.label) for before, after in couples(found)]

    base, sft, grpo = entries(run)
    in_order = [("Base", "SFT"), ("SFT", "GRPO"), ("Base", "GRPO")]
    assert labels([base, sft, grpo]) == in_order
    few_shot = replace(base, label="Few", evaluation=replace(base.evaluation, name="few-shot"))
    assert labels([base, sft, grpo, few_shot]) == [*in_order, ("Few", "GRPO")]
    assert labels([base]) == labels([few_shot]) == []


def test_the_sentence(run: RunView) -> None:
    base, sft, _ = entries(run)
    pair = paired(base, sft, "strict")
    assert pair.sentence.startswith("SFT − Base: +50.0 points, 95 % CI ")
    assert pair.sentence.endswith("n = 12, seed 0, p = 0.031 (McNemar)")
    assert pair.certain
    assert not paired(base, base, "strict").certain
    assert "−50.0 points, 95 % CI −" in paired(sft, base, "strict").sentence


@pytest.mark.parametrize("measure", ["strict", "lenient"])
def test_other_problems_are_not_paired_and_the_reason_is_given(run: RunView, measure: str) -> None:
    base, sft, _ = entries(run)
    fewer = replace(sft, evaluation=replace(sft.evaluation, rows=sft.evaluation.rows[:-2]))
    pair = paired(base, fewer, measure)
    assert pair.difference is None
    assert "2 of Base's 12 are not in SFT, and 0 of SFT's 10 are not in Base" in pair.sentence
    begun = replace(fewer, evaluation=replace(fewer.evaluation, summary=None))
    assert "SFT is unfinished: 10 problems so far." in paired(base, begun, measure).sentence
    nothing = replace(sft, evaluation=Evaluation("sft", {}, ()))
    assert "SFT has no predictions" in paired(base, nothing, measure).sentence


def test_the_same_id_with_another_gold_is_another_problem(run: RunView) -> None:
    base, sft, _ = entries(run)
    rows = tuple(replace(row, gold="no") for row in sft.evaluation.rows)
    other = replace(sft, evaluation=replace(sft.evaluation, rows=rows))
    assert paired(base, other, "strict").difference is None


def test_numbers_of_a_summary() -> None:
    summary = {
        "n": 3,
        "a": {"b": 0.5, "ci95": 1},
        "ci95": {"a": 1},
        "text": "x",
        "bad": float("nan"),
    }
    assert flat(summary) == {"n": 3.0, "a.b": 0.5, "a.ci95": 1.0}
