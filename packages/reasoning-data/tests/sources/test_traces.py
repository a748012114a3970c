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


ADDS = "<think>Two and three.</think>"


def test_the_first_generation_that_is_whole_and_right_is_taken():
    row = {
        "problem": "2+3?",
        "answer": "5",
        "generations": [
            "<think>cut off in the middle",
            f"{ADDS}",
            "<think>Wrong.</think>So \\boxed{6}.",
            "<think>Marked wrong.</think>So \\boxed{5}.",
            "<think>Cut, it says.</think>So \\boxed{5}",
            f"{ADDS}So \\boxed{{5}}.",
        ],
        "correctness_math_verify": [True, True, True, False, True, True],
        "is_reasoning_complete": [True, True, True, True, False, True],
    }
    assert from_trace(row, AT).rationale == "Two and three."


def test_one_judge_that_says_right_is_enough():
    row = {
        "problem": "2+3?",
        "answer": "5",
        "generations": [f"{ADDS}5"],
        "correctness_math_verify": [False],
        "correctness_llama": [True],
    }
    assert from_trace(row, AT).answer == "5"


@pytest.mark.parametrize(
    "row",
    [
        {"question": "2+3?", "thinking_trajectories": ["Two and three."], "attempt": "So 5.",
         "solution": "5"},
        {"question": "2+3?", "deepseek_thinking_trajectory": "Two and three.",
         "deepseek_attempt": "So $\\boxed{5}$", "solution": "It is $\\boxed{5}$, as is known."},
        {"problem": "2+3?", "generated_solution": f"{ADDS}5", "expected_answer": "5"},
        {"input": "2+3?", "output": f"{ADDS}The answer is 5."},
        {"input": [{"role": "user", "content": "2+3?"}], "output": f"{ADDS}\\boxed{{5}}"},
        {"prompt": [{"role": "system", "content": "Think."}, {"role": "user", "content": "2+3?"}],
         "response": f"{ADDS}5", "reward_model": {"ground_truth": ["5"]}},
        {"input": "2+3?", "reasoning_content": "Two and three.", "content": "It is \\boxed{5}."},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "2+3?"}]},
                      {"role": "assistant", "reasoning_content": "Two and three.",
                       "content": "It is \\boxed{5}."}]},
        {"conversations": [{"from": "human", "value": "2+3?"},
                           {"from": "gpt", "value": "<think>Two and three.</think>\\boxed{5}"}]},
        {"problem": "2+3?", "solution": "\\boxed{5}", "generation": f"{ADDS}It is so."},
        {"problem": "2+3?", "response": "<reasoning>Two and three.</reasoning><answer>5</answer>"},
        {"query": "2+3?", "response": "<thinking>Two and three.</thinking>\\boxed{5}"},
        {"question": "2+3?", "answer": f"{ADDS}\\boxed{{5}}"},
        {"problem": "2+3?", "generated_solution": "Two and three.", "expected_answer": "5",
         "thinking": "Two and three.", "response": "5"},
        {"Problem ": "2+3?", "Response": f"{ADDS}5", "Answer": 5.0},
    ],
)  # fmt: skip
def test_rows_of_many_shapes(row):
    problem = from_trace(row, AT)
    assert (problem.question, problem.answer, problem.rationale) == ("2+3?", "5", "Two and three.")


def test_an_instruction_and_its_input_belong_together():
    row = {"instruction": "Add.", "input": "2+3", "output": f"{ADDS}5"}
    assert from_trace(row, AT).question == "Add.\n\n2+3"


@pytest.mark.parametrize(
    ("row", "detail"),
    [
        ({"answer": "5", "response": f"{ADDS}So \\boxed{{6}}."}, "concludes '6', the gold is '5'"),
        ({"answer": "5", "response": f"{ADDS}6"}, "concludes '6'"),
        ({"answer": "5", "response": f"{ADDS}It is 6 then."}, "concludes 'It is 6 then.'"),
        ({"answer": "Oslo", "response": f"{ADDS}Bergen."}, "concludes 'Bergen.'"),
        ({"answer": "5", "generations": [f"{ADDS}6", f"{ADDS}7"]}, "none of 2 traces"),
        ({"answer": "yes", "response": f"{ADDS}No, it is not."}, "concludes 'No, it is not.'"),
        ({"answer": "B", "response": f"{ADDS}Of the two (C) is correct."}, "the gold is 'B'"),
        ({"answer": "5", "response": "<think>cut off"}, "no closed thinking"),
        ({"answer": "5", "generated_solution": "So \\boxed{6}."}, "concludes '6'"),
        ({"answer": "5", "response": ADDS}, "cut off"),
        ({"answer": "5", "response": f"{ADDS}5", "finish_reason": "length"}, "cut off"),
        ({"answer": "5", "response": f"{ADDS}5", "correct": False}, "marked wrong"),
    ],
)
def test_a_trace_that_is_cut_or_wrong_says_so(row, detail):
    with pytest.raises(RowError, match=detail):
        from_trace({"problem": "2+3?", **row}, AT)


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
