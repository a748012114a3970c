import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_data.sources.thinking import Generation, split_thinking


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("<think>", "</think>"),
        ("<thinking>\n", "\n</thinking>\n"),
        ("<Thought>", "</Thought>"),
        ("<seed:think>", "</seed:think>"),
        ("<reasoning>", "</reasoning>"),
        ("[THINK]", "[/THINK]"),
        ("◁think▷", "◁/think▷"),
        ("<|begin_of_thought|>\n\n", "\n\n<|end_of_thought|>\n\n<|begin_of_solution|>"),
        ("<|im_start|>assistant\n<think>\n", "</think>"),
        ("", "</think>"),
        (
            "<|channel|>analysis<|message|>",
            "<|end|><|start|>assistant<|channel|>final<|message|>",
        ),
    ],
)
@pytest.mark.parametrize("end", ["", "<|im_end|>", "<|end_of_solution|>"])
def test_thinking_is_marked_in_many_ways(opening, closing, end):
    trace = f"{opening}Two and three.{closing}It is 5.{end}"
    assert split_thinking(trace) == Generation("Two and three.", "It is 5.")


LONG = "What is given is this: two and three apples, of which none is lost. I write"


@pytest.mark.parametrize(
    ("trace", "thinking", "final"),
    [
        ("<think>I end with </think> then. 5\n</think>5", "I end with </think> then. 5", "5"),
        ("<think>Two.</think>", "Two.", ""),
        ("<think>Two.</think>5\n</think>", "Two.", "5"),
        ("<think>Two.</think> Hm. <think>Three.</think>5", "Two.\n Hm. \nThree.", "5"),
        (f"{LONG} <think> there.</think>5", f"{LONG} <think> there.", "5"),
        (f"<think>{LONG} <think> there.</think>5", f"{LONG} <think> there.", "5"),
    ],
)
def test_marks_that_are_only_spoken_of(trace, thinking, final):
    assert split_thinking(trace) == Generation(thinking, final)


@pytest.mark.parametrize("trace", ["", "It is 5.", "<think>still going", "<answer>5</answer>"])
def test_thinking_that_is_not_closed(trace):
    assert split_thinking(trace) is None


def test_a_solution_without_marks_is_whole_if_it_ends_in_an_answer():
    solution = "Two and three.\nSo it is $\\boxed{5}$."
    assert split_thinking(solution) == Generation("Two and three.\nSo it is $5$.", "5")
    assert split_thinking("Two and three. The answer is 5.<|im_end|>") == Generation(
        "Two and three. The answer is 5.", "5"
    )
    assert split_thinking("<think>Two and three, that is \\boxed{5}") is None


@pytest.mark.parametrize(
    ("final", "gold"),
    [
        ("<answer> 5 </answer>", "5"),
        (r"So $\boxed{5}$ or $\boxed{6}$.", "5, 6"),
        ("We add.\nThe answer is 5.", "5"),
        ("**5**", "5"),
        ("Five apples.", ""),
    ],
)
def test_what_the_final_answer_says(final, gold):
    assert Generation("", final).gold() == gold


@pytest.mark.parametrize("mark", ["</think>", "<think>", "a <think> ", "</think> "])
def test_a_hundred_thousand_marks_are_walked_once(mark):
    """A walk for each mark would take hours."""
    parts = split_thinking("What is given is this, and nothing else is: " + mark * 100_000)
    assert parts is None or parts.final == ""


@given(st.text(), st.text().filter(str.strip))
def test_any_thinking_comes_back(thinking, final):
    parts = split_thinking(f"<think>\n{thinking}\n</think>\n{final}")
    assert parts == Generation(thinking.strip(), final.strip())
