import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning_train.report.browser import (
    HEAD,
    MOST_SAMPLES,
    TAIL,
    middle_out,
    problem_panel,
    rollout_panel,
    safe_json,
    sample_panel,
)
from reasoning_train.report.evaluations import Row
from reasoning_train.report.load import RunView
from reasoning_train.report.results import Entry

PLENTY = 10_000_000


def entries(run: RunView) -> list[Entry]:
    return [Entry(0, e.label, "", e, run.held_out) for e in run.evaluations]


@settings(max_examples=30)
@given(st.recursive(st.text() | st.none(), lambda held: st.lists(held)))
def test_no_text_leaves_the_script_element_and_all_come_back(value: object) -> None:
    written = safe_json([value, "</script><!--\u2028\ud800&"])
    assert not set("<>&\u2028\u2029") & set(written)
    assert written.isascii()
    assert json.loads(written) == [value, "</script><!--\u2028\ud800&"]


def test_a_problem_has_its_completions_side_by_side_and_its_row(run: RunView) -> None:
    panel = problem_panel(entries(run), PLENTY)
    assert panel.columns == (("Base", ""), ("SFT", ""), ("GRPO", ""))
    assert (len(panel.items), panel.total, panel.drawn) == (12, 12, "")
    first = panel.items[0]
    assert [c["right"] for c in first["completions"]] == [False, True, False]
    assert first["completions"][1]["components"] == {
        "correctness": 1.0, "structure": 1.0, "confidence": 0.9
    }  # fmt: skip
    assert (first["row"], first["source"], first["license"]) == (1, "arithmetic", "Apache-2.0")
    assert len(first["digest"]) == 32
    assert not first["question"].startswith("<start_of_turn>")


def test_a_problem_that_one_evaluation_lacks_has_a_gap(run: RunView) -> None:
    base, sft, grpo = entries(run)
    fewer = replace(sft, evaluation=replace(sft.evaluation, rows=sft.evaluation.rows[1:]))
    first = problem_panel([base, fewer, grpo], PLENTY).items[0]
    assert first["completions"][1] is None


def test_a_small_budget_keeps_what_flipped_and_says_so(run: RunView) -> None:
    everything = problem_panel(entries(run), PLENTY)
    size = max(len(safe_json(item)) for item in everything.items) + 1
    panel = problem_panel(entries(run), 6 * size)
    assert 6 <= len(panel.items) < 12
    flipped = {
        item["id"]
        for item in everything.items
        if item["completions"][1]["right"] != item["completions"][2]["right"]
    }
    assert len(flipped) == 5
    assert flipped <= {item["id"] for item in panel.items}
    assert panel.drawn.startswith("5 of the 5 whose outcome changed or is suspect, and ")
    assert panel == problem_panel(entries(run), 6 * size)
    assert sum(len(safe_json(item)) for item in panel.items) <= 6 * size


def test_of_two_runs_what_they_differ_in_comes_first(run: RunView) -> None:
    first = entries(run)[2]
    rows = tuple(
        replace(row, correct=i == 0 or row.correct) for i, row in enumerate(first.evaluation.rows)
    )
    second = replace(first, run=1, evaluation=replace(first.evaluation, rows=rows))
    panel = problem_panel(
        [first, second], 2 * len(safe_json(problem_panel([first], PLENTY).items)) // 8
    )
    assert rows[0].id in {item["id"] for item in panel.items}
    assert panel.drawn.startswith("1 of the 1 whose")


def test_a_long_completion_loses_its_middle() -> None:
    text = "a" * HEAD + "b" * 1_000_000 + "c" * TAIL
    short = middle_out(text)
    assert short.startswith("a" * HEAD + "\n[… 1,000,000 characters left out …]\n")
    assert short.endswith("c" * TAIL)
    assert middle_out("a" * (HEAD + TAIL)) == "a" * (HEAD + TAIL)


def test_rollouts_are_groups_of_steps(run: RunView) -> None:
    panel = rollout_panel(run, "Rollouts", PLENTY)
    assert panel.title == "Rollouts"
    assert [item["step"] for item in panel.items] == [1, 2, 3, 4]
    assert [c["right"] for c in panel.items[0]["completions"]] == [False, True]
    assert panel.total == 8
    few = rollout_panel(run, "Rollouts", 2 * len(safe_json(panel.items[0])) + 5)
    assert [item["step"] for item in few.items] == [1, 3]
    assert few.drawn == "the first group of 2 of 4 steps"
    assert rollout_panel(replace(run, rollouts=()), "Rollouts", PLENTY).items == ()


def drawn(run: RunView, *right: int, of: int = 4) -> Entry:
    """Return GRPO's evaluation with `of` samples per problem, `right[n]` of them correct."""
    entry = entries(run)[2]

    def samples(row: Row, count: int) -> tuple[Row, ...]:
        one = replace(row, correct=True, completion=f"<answer>{row.gold}</answer>")
        other = replace(row, correct=False, completion="so <answer>-1</answer>")
        return (one,) * count + (other,) * (of - count)

    counts = [*right, *[0] * 12]
    rows = tuple(
        replace(row, samples=samples(row, count))
        for row, count in zip(entry.evaluation.rows, counts, strict=False)
    )
    return replace(entry, evaluation=replace(entry.evaluation, rows=rows))


def test_samples_stand_beside_the_greedy_completion(run: RunView) -> None:
    panel = sample_panel(drawn(run, 3), PLENTY)
    assert (panel.kind, panel.title, panel.total) == ("samples", "Samples of GRPO", 12)
    assert [label for label, _ in panel.columns] == [
        "greedy",
        *(f"sample {i}" for i in range(1, 5)),
    ]
    first = panel.items[0]
    assert [c["right"] for c in first["completions"]] == [False, True, True, True, False]
    assert first["completions"][1]["total"] > 0
    assert first["tally"] == (f"3 of 4 samples right; their answers: {first['gold']} × 3, -1 × 1")
    assert sample_panel(entries(run)[2], PLENTY).items == ()


def test_of_samples_what_is_right_now_and_then_comes_first(run: RunView) -> None:
    entry = drawn(run, 0, 4, 4, 4, 4, 4, 4, 4, 4, 4, 0, 2)  # only the last wavers
    size = max(len(safe_json(item)) for item in sample_panel(entry, PLENTY).items) + 1
    panel = sample_panel(entry, 2 * size)
    assert entry.evaluation.rows[11].id in {item["id"] for item in panel.items}
    assert panel.drawn.startswith("1 of the 1 whose outcome changed or is suspect, and ")


def test_of_many_samples_some_are_shown_and_all_are_counted(run: RunView) -> None:
    panel = sample_panel(drawn(run, 30, of=40), PLENTY)
    assert len(panel.columns) == len(panel.items[0]["completions"]) == 1 + MOST_SAMPLES
    assert panel.items[0]["tally"].startswith("30 of 40 samples right")
    assert panel.drawn == "16 of 40 samples each"
