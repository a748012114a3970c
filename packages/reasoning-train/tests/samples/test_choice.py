from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reasoning_train.samples.choice import Wanted, choose_traces, normalised, summarise_traces
from reasoning_train.samples.pass_rates import pass_rates

WANTED = Wanted(right=2, wrong=1, structure=0.5)


def row(text: str, tokens: int = 10, correct: bool = True, **changes: Any) -> dict[str, Any]:
    return {
        "id": "a", "completion": text, "tokens": tokens, "correct": correct, "finished": True,
        "draw": 0, "status": "well_formed", "structure": 1.0, **changes,
    }  # fmt: skip


def chosen(*rows: dict[str, Any], wanted: Wanted = WANTED) -> list[str]:
    return [trace.completion for trace in choose_traces(rows, pass_rates(rows), wanted)]


def test_the_shortest_right_ones_of_a_problem_are_taken() -> None:
    assert chosen(row("long", 30), row("short", 5), row("middle", 9)) == ["short", "middle"]


def test_what_is_cut_broken_or_shows_no_work_is_left_out() -> None:
    assert chosen(
        row("cut", finished=False), row("broken", status="malformed"), row("bare", structure=0.4)
    ) == []  # fmt: skip


def test_of_wrong_ones_a_few_are_taken_whatever_their_structure() -> None:
    rows = [row("wrong", 20, correct=False, structure=0.0), row("worse", 9, correct=False)]
    assert chosen(*rows, row("right", 15)) == ["right", "worse"]
    assert chosen(*rows, wanted=Wanted(2, 0, 0.5)) == []


def test_two_that_differ_in_spaces_capitals_or_their_confidence_are_alike() -> None:
    one = "<reasoning>3 + 4 = 7.\nConfidence: 0.3</reasoning><answer>7</answer>"
    other = "<reasoning>3  + 4 = 7.\nconfidence: 0.9 </reasoning><answer>7</answer>"
    assert normalised(one.replace(" </", "</")) == normalised(other.replace(" </", "</"))
    assert len(chosen(row(one), row(one.upper()))) == 1


def test_a_wrong_sample_does_not_keep_out_a_longer_right_one_that_is_like_it() -> None:
    assert chosen(row("b", 1, False), row("b", 2, True)) == ["b"]


def test_every_trace_carries_the_pass_rate_of_its_problem() -> None:
    rows = [row("a"), row("b", correct=False), row("c", id="b", correct=False)]
    traces = choose_traces(rows, pass_rates(rows), WANTED)
    assert [(t.id, t.right, t.rate) for t in traces] == [
        ("a", True, 0.5), ("a", False, 0.5), ("b", False, 1 / 3),
    ]  # fmt: skip
    assert summarise_traces(traces, rows) == {
        "right": 1, "wrong": 2, "problems": 1, "right_samples": 1,
        "tokens_kept": 10.0, "tokens_right_samples": 10.0,
    }  # fmt: skip
    assert summarise_traces([], [])["tokens_kept"] is None


ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from("abcdef"),
        st.integers(1, 40),
        st.booleans(),
        id=st.sampled_from("pqr"),
        draw=st.integers(0, 7),
        structure=st.sampled_from((0.2, 0.8)),
    ),
    max_size=40,
)


@given(ROWS, st.integers(1, 3), st.integers(0, 2))
def test_no_problem_gives_more_than_asked_nor_the_same_twice(
    rows: list[dict[str, Any]], right: int, wrong: int
) -> None:
    traces = choose_traces(rows, pass_rates(rows), Wanted(right, wrong, 0.5))
    for name in "pqr":
        of_problem = [trace for trace in traces if trace.id == name]
        assert sum(trace.right for trace in of_problem) <= right
        assert sum(not trace.right for trace in of_problem) <= wrong
        texts = [normalised(trace.completion) for trace in of_problem]
        assert len(set(texts)) == len(texts)
        kept = [trace.tokens for trace in of_problem if trace.right]
        good = [
            r["tokens"] for r in rows if r["id"] == name and r["correct"] and r["structure"] > 0.5
        ]
        if kept:
            assert kept[0] == min(good)
