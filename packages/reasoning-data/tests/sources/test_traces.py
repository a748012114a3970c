import pytest

from reasoning_data.errors import RowError
from reasoning_data.sources.convert import Provenance
from reasoning_data.sources.traces import from_trace

AT = Provenance("t:1", "t", "Apache-2.0")


def test_openr1_takes_the_first_generation_that_was_marked_right():
    row = {
        "problem": "1+1?",
        "answer": "2",
        "generations": ["<think>wrong</think>3", "<think>\nOne and one.\n</think>\n\\boxed{2}"],
        "correctness_math_verify": [False, True],
    }
    problem = from_trace(row, AT)
    assert (problem.question, problem.answer, problem.rationale) == ("1+1?", "2", "One and one.")


def test_openthoughts_conversations_and_marks():
    row = {
        "system": "Think.",
        "conversations": [
            {"from": "user", "value": "1+1?"},
            {
                "from": "assistant",
                "value": "<|begin_of_thought|>\nOne and one.\n<|end_of_thought|>\n"
                "<|begin_of_solution|>It is \\boxed{2}.<|end_of_solution|>",
            },
        ],
    }
    problem = from_trace(row, AT)
    assert (problem.question, problem.answer, problem.rationale) == ("1+1?", "2", "One and one.")


def test_messages_whose_template_holds_the_opening_mark():
    row = {
        "messages": [
            {"role": "user", "content": "1+1?"},
            {"role": "assistant", "content": "One and one.</think>It is \\boxed{2}."},
        ]
    }
    assert from_trace(row, AT).rationale == "One and one."


@pytest.mark.parametrize(
    "row",
    [
        {"problem": "p", "generations": ["<think>a</think>1"], "correctness": [False]},
        {"problem": "p", "answer": "1", "generations": ["<think>cut off"]},
        {"problem": "p", "generations": ["<think>a</think>no box"]},
        {"problem": "p", "answer": "1"},
        {"answer": "1", "response": "<think>a</think>1"},
        {"messages": ["not a message"], "answer": "1"},
    ],
)
def test_rows_without_a_usable_trace_are_refused(row):
    with pytest.raises(RowError):
        from_trace(row, AT)
