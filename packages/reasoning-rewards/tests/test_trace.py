import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reasoning_rewards import RewardError, Trace, TraceStatus, parse, render

GOOD = "<reasoning>6*7=42.</reasoning>\n<answer>42</answer>"


@pytest.mark.parametrize(
    ("completion", "status"),
    [
        (GOOD, "well_formed"),
        ("  \n" + GOOD + "\n", "well_formed"),
        ("<reasoning>x < 3</reasoning><answer>2</answer>", "well_formed"),
        ("<reasoning></reasoning><answer>2</answer>", "well_formed"),
        ("", "empty"),
        ("\u200b \n", "empty"),
        ("42", "no_tags"),
        ("<answer>42</answer>", "missing_reasoning"),
        ("<reasoning>a</reasoning>", "missing_answer"),
        ("<reasoning>a<answer>42</answer>", "missing_reasoning"),
        ("a</reasoning><answer>42</answer>", "unopened_reasoning"),
        ("a</reasoning>b<answer>42</answer>", "text_outside"),
        ("a</reasoning><answer> </answer>", "empty_answer"),
        (GOOD + "<answer>43</answer>", "duplicate_answer"),
        ("<reasoning>b</reasoning>" + GOOD, "duplicate_reasoning"),
        ("<answer>42</answer><reasoning>a</reasoning>", "wrong_order"),
        ("<reasoning>a<answer>42</answer></reasoning>", "wrong_order"),
        ("Sure! " + GOOD, "text_outside"),
        (GOOD + " Done.", "text_outside"),
        (GOOD.replace("\n", " so "), "text_outside"),
        ("<reasoning>a</reasoning><answer></answer>", "empty_answer"),
        ("<reasoning>a</reasoning><answer>\u200b\u2060 </answer>", "empty_answer"),
        ("<reasoning>a", "truncated"),
        ("<reasoning>a</reasoning><answer>4", "truncated"),
        ("<reasoning>a</reasoning><answer>42</ans", "truncated"),
        (GOOD.replace("<answer>", "<Answer>"), "malformed_tag"),
        (GOOD.replace("</answer>", "</answer >"), "malformed_tag"),
        (GOOD.replace("<answer>", '<answer id="1">'), "malformed_tag"),
    ],
)
def test_status_names_the_fault(completion: str, status: str) -> None:
    trace = parse(completion)
    assert trace.status is TraceStatus(status)
    assert trace.well_formed == (status == "well_formed")


@pytest.mark.parametrize(
    "end",
    ["<end_of_turn>", "\n<end_of_turn>\n", "<eos>", "<|im_end|>", "<|eot_id|>", "</s>", "<pad>" * 9,
     "<|endoftext|>", "<end_of_turn>\n<eos>", "<｜end▁of▁sentence｜>", " <|end|> "],
)  # fmt: skip
def test_control_tokens_at_the_end_are_no_text(end: str) -> None:
    assert parse(GOOD + end) == parse(GOOD)
    assert parse("<reasoning>a" + end) == parse("<reasoning>a")
    assert parse(end).status is TraceStatus.EMPTY


@pytest.mark.parametrize(
    "text", ["<b>", "<|>", "[x]", "<|im_end|>.", "<eos> done", "<end of turn>"]
)
def test_other_text_at_the_end_is_text(text: str) -> None:
    assert parse(GOOD + text).status is TraceStatus.TEXT_OUTSIDE


def test_a_control_token_inside_is_text() -> None:
    trace = parse("<reasoning>a<eos>b</reasoning>\n<answer>42</answer>")
    assert (trace.reasoning, trace.well_formed) == ("a<eos>b", True)


def test_the_text_after_a_stop_is_ignored() -> None:
    assert parse(GOOD + "\nQuestion: more", stop="\nQuestion:").well_formed
    assert parse(GOOD + "###" + GOOD, stop=["Question:", "###"]).well_formed
    assert parse(GOOD, stop=["", "###"]).well_formed
    assert parse("<reasoning>a###" + GOOD, stop="###").status is TraceStatus.TRUNCATED


@pytest.mark.parametrize("prefill", ["<reasoning>", "<reasoning>\n", "<reasoning>6*7"])
def test_what_the_prompt_wrote_is_put_before(prefill: str) -> None:
    completion = GOOD.removeprefix(prefill)
    assert parse(completion, prefill=prefill).well_formed
    assert parse(GOOD, prefill=prefill).reasoning.strip() == "6*7=42."


def test_blocks_are_verbatim() -> None:
    trace = parse("<reasoning>\n a \n</reasoning>\n\n<answer> 42 </answer>")
    assert (trace.reasoning, trace.answer) == ("\n a \n", " 42 ")


@pytest.mark.parametrize(
    "completion",
    [
        GOOD + "<answer>42</answer>",
        GOOD + "<ANSWER>43</ANSWER>",
        "<reasoning>a</reasoning><answer>42",
        "<answer>",
        "no tags",
    ],
)
def test_an_ambiguous_answer_is_none(completion: str) -> None:
    assert parse(completion).answer is None


def test_answer_survives_faults_elsewhere() -> None:
    assert parse("text " + GOOD).answer == "42"
    assert parse("<answer>42</answer>").answer == "42"


@given(st.text(), st.text())
@example("a<", "<b")
@example("x < answer > y", "1")
def test_parse_undoes_render(reasoning: str, answer: str) -> None:
    try:
        completion = render(reasoning, answer)
    except RewardError:
        return
    assert parse(completion) == Trace(TraceStatus.WELL_FORMED, reasoning, answer)


@given(st.text(alphabet="ab1 =+.\n"), st.text(alphabet="12a", min_size=1))
def test_ordinary_text_always_renders(reasoning: str, answer: str) -> None:
    assert parse(render(reasoning, answer)).reasoning == reasoning


@pytest.mark.parametrize(
    ("reasoning", "answer"), [("<answer>", "1"), ("a", "</answer>"), ("a", ""), ("a", "\u200b")]
)
def test_render_refuses_what_no_completion_can_carry(reasoning: str, answer: str) -> None:
    with pytest.raises(RewardError):
        render(reasoning, answer)


_PIECES = st.sampled_from(
    ["<reasoning>", "</reasoning>", "<answer>", "</answer>", "<Answer>", "<", ">", "42", " ", "a"]
)


@given(st.lists(_PIECES, max_size=12).map("".join))
def test_well_formed_exactly_when_it_renders(completion: str) -> None:
    trace = parse(completion)
    if trace.well_formed:
        assert trace.answer is not None
        assert parse(render(trace.reasoning, trace.answer)) == trace
        assert completion.count("<answer>") == 1
    else:
        assert trace.status is not TraceStatus.WELL_FORMED
