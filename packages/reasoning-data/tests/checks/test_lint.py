import pytest

from reasoning_data import STYLES, Cleaning
from reasoning_data.checks.lint import lint, lint_lengths
from reasoning_data.checks.token_counter import load_tokens
from reasoning_data.errors import Reason
from reasoning_data.splitting import Split


def reasons(problem, split=Split.SFT):
    return [finding.reason for finding in lint(problem, split, STYLES["gemma"])]


def test_a_sound_problem_has_no_findings(problem):
    assert reasons(problem(1)) == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"rationale": " "}, Reason.EMPTY_RATIONALE),
        ({"rationale": "So it is 99."}, Reason.ANSWER_NOT_IN_REASONING),
        ({"rationale": "It is 411 or 115."}, Reason.ANSWER_NOT_IN_REASONING),
        ({"rationale": "3 + 8 = 11, out of 40."}, Reason.GOLD_NOT_LAST),
        ({"rationale": "3 + 8 = 11 <answer>11</answer>"}, Reason.SCHEMA_BROKEN),
        ({"question": "<bos>What is 3 + 8?"}, Reason.CONTROL_TOKEN),
        ({"rationale": "3 + 8 = 11<end_of_turn>"}, Reason.CONTROL_TOKEN),
        ({"answer": "nan"}, Reason.NON_FINITE_GOLD),
        ({"answer": "-Infinity"}, Reason.NON_FINITE_GOLD),
        ({"answer": "\u200b"}, Reason.BAD_GOLD),
        ({"answer": "1\u200b1"}, Reason.BAD_GOLD),
        ({"answer": "..."}, Reason.BAD_GOLD),
        ({"answer": "$"}, Reason.BAD_GOLD),
    ],
)
def test_each_fault_has_its_reason(problem, fields, reason):
    assert reasons(problem(1, **fields))[0] is reason


@pytest.mark.parametrize(
    ("answer", "rationale"),
    [
        ("1,200", "In all 600 + 600 = $1200."),
        ("0.5", "One of two is 1/2"),
        ("50%", "So the share is 50%."),
        ("-3", "2 - 5 = -3"),
        ("18", "She makes 9 * 2 = $18."),
        ("325,000", "They get 650 000/2 = 325 000"),
        ("yes", "Grass is green."),
        ("(B)", "Blood is red."),
        (r"\emptyset", r"So it is \emptyset."),
        ("Paris", "The capital of France is paris."),
    ],
)
def test_a_gold_that_the_reasoning_reaches_is_no_finding(problem, answer, rationale):
    assert reasons(problem(1, answer=answer, rationale=rationale)) == []


def test_the_rationale_matters_only_where_it_is_trained_on(problem):
    assert reasons(problem(1, rationale=""), Split.GRPO) == []
    assert reasons(problem(1, rationale="<bos>"), Split.EVAL) == []


def test_lengths_are_counted_with_bos_and_stop(problem, hf_tokenizer):
    short = problem(1, question="How many apples?", answer="7", rationale="7")
    counter = load_tokens(str(hf_tokenizer))
    style = STYLES["bare"]
    _, prompt, completion = lint_lengths(short, Split.SFT, style, Cleaning(), counter)
    text = "<start_of_turn>user\nHow many apples?<end_of_turn>\n<start_of_turn>model\n"
    assert prompt == 1 + counter.count(text) == 1 + 9
    limits = Cleaning(max_prompt_tokens=prompt - 1, max_completion_tokens=completion - 1)
    found, *_ = lint_lengths(short, Split.SFT, style, limits, counter)
    assert [f.reason for f in found] == [Reason.PROMPT_TOO_LONG, Reason.COMPLETION_TOO_LONG]
    fits = Cleaning(max_prompt_tokens=prompt, max_completion_tokens=completion)
    assert lint_lengths(short, Split.SFT, style, fits, counter)[0] == []
