import pytest

from reasoning_rewards import THINK_BOXED, Trace, TraceStatus, parse

THOUGHT = "<think>6*7=42.</think>"
GOOD = THOUGHT + "\n\\boxed{42}"


@pytest.mark.parametrize(
    ("completion", "status", "answer"),
    [
        (GOOD, "well_formed", "42"),
        (THOUGHT + "So there are $\\boxed{42}$ pens.", "well_formed", "42"),
        (THOUGHT + "\\boxed {42}<|im_end|>", "well_formed", "42"),
        (THOUGHT + "\\boxed{\\frac{84}{2}}", "well_formed", "\\frac{84}{2}"),
        (THOUGHT + "\\boxed{\\{42\\}}", "well_formed", "\\{42\\}"),
        (THOUGHT + "\\boxed{\\boxed{42}}", "well_formed", "\\boxed{42}"),
        (THOUGHT + "\\boxed{42} = \\boxed{ 42 }", "well_formed", " 42 "),
        ("<think>Is it \\boxed{41}?</think>\\boxed{42}", "well_formed", "42"),
        (THOUGHT + "\\boxed{41} or \\boxed{42}", "duplicate_answer", None),
        (THOUGHT + "\\boxed{} \\boxed{42}", "duplicate_answer", None),
        (THOUGHT + "\\boxed{42", "truncated", None),
        (THOUGHT + "\\boxed{42} \\boxed{42", "truncated", None),
        (THOUGHT + "\\boxed{42\\}", "truncated", None),
        (THOUGHT + "\\boxed{ \u200b}", "empty_answer", None),
        (THOUGHT + "42", "missing_answer", None),
        (THOUGHT + "<answer>42</answer>", "missing_answer", None),
        ("<think>\\boxed{42}</think>", "missing_answer", None),
        ("<think>\\boxed{42}", "truncated", None),
        ("\\boxed{42}" + THOUGHT, "wrong_order", None),
        ("Sure! " + GOOD, "text_outside", "42"),
        ("\\boxed{41}" + GOOD, "text_outside", "42"),
        (GOOD.removeprefix("<think>"), "unopened_reasoning", "42"),
        ("6*7=42.</think>\\boxed{41} \\boxed{42}", "duplicate_answer", None),
        ("\\boxed{42}", "missing_reasoning", "42"),
        ("\\boxed{42", "missing_reasoning", None),
        (THOUGHT + GOOD, "duplicate_reasoning", "42"),
        (THOUGHT + "\\boxed{41}" + GOOD, "duplicate_reasoning", None),
        ("<think>a</think>b</think>\\boxed{42}", "duplicate_reasoning", "42"),
        ("</think>\\boxed{42}</think>", "missing_reasoning", "42"),
        (GOOD.replace("<think>", "<Think>"), "malformed_tag", "42"),
        ("< think >\\boxed{42}", "malformed_tag", None),
        ("", "empty", None),
        ("42", "no_tags", None),
    ],
)
def test_status_and_answer(completion: str, status: str, answer: str | None) -> None:
    trace = parse(completion, schema=THINK_BOXED)
    assert (trace.status, trace.answer) == (TraceStatus(status), answer)


def test_the_reasoning_is_verbatim() -> None:
    trace = parse("<think>\n a {\n</think>\\boxed{42}", schema=THINK_BOXED)
    assert trace == Trace(TraceStatus.WELL_FORMED, "\n a {\n", "42")
