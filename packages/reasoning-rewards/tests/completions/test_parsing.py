import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reasoning_rewards import (
    REASONING_ANSWER,
    THINK_ANSWER,
    THINK_BOXED,
    RewardError,
    Schema,
    Trace,
    TraceStatus,
    parse,
    render,
)

SCHEMAS = [
    REASONING_ANSWER, THINK_ANSWER, THINK_BOXED, Schema("a", "b"), Schema("final-a", "final"),
    Schema("answer", "reasoning"), Schema("work", "\\boxed"),
]  # fmt: skip

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


# Marks of every schema, and what texts that run into them are made of.
_MARKS = st.sampled_from(
    [mark for schema in SCHEMAS for mark in (schema.reasoning_open, schema.reasoning_close,
                                             schema.answer_open, schema.answer_close)]
    + ["\\boxed {41}", "\\boxed{41}", "</Think >", "{", "}", "\\", "<", ">", "42", "41", " ", "\n"]
)  # fmt: skip
_TEXTS = st.text() | st.lists(_MARKS, max_size=8).map("".join)


@pytest.mark.parametrize("schema", SCHEMAS)
@given(_TEXTS, _TEXTS)
@example("a<", "<b")
@example("x < answer > y", "1")
@example("x", "41}{42")
@example("x", "42\\")
def test_parse_undoes_render(schema: Schema, reasoning: str, answer: str) -> None:
    try:
        completion = render(reasoning, answer, schema=schema)
    except RewardError:
        return
    assert parse(completion, schema=schema) == Trace(TraceStatus.WELL_FORMED, reasoning, answer)


@pytest.mark.parametrize("schema", SCHEMAS)
@given(st.text(alphabet="ab1 =+.\n"), st.text(alphabet="12a", min_size=1))
def test_ordinary_text_always_renders(schema: Schema, reasoning: str, answer: str) -> None:
    assert parse(render(reasoning, answer, schema=schema), schema=schema).reasoning == reasoning


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("other", SCHEMAS)
def test_another_schema_is_text(schema: Schema, other: Schema) -> None:
    marks = [{s.reasoning, s.answer} for s in (schema, other)]
    if marks[0] & marks[1]:
        return  # they share a mark
    theirs = render("6*7=41.", "41", schema=other)
    alone = parse(theirs, schema=schema)
    assert (alone.status, alone.reasoning, alone.answer) == (TraceStatus.NO_TAGS, "", None)
    whole = render(theirs, "42", schema=schema)
    assert parse(whole, schema=schema) == Trace(TraceStatus.WELL_FORMED, theirs, "42")


@pytest.mark.parametrize("schema", SCHEMAS)
@given(st.lists(_MARKS, max_size=12).map("".join))
def test_one_answer_at_most(schema: Schema, completion: str) -> None:
    answer = parse(completion, schema=schema).answer
    if answer is None:
        return
    if schema.boxed:
        assert f"{{{answer}}}" in completion
        assert parse(completion + "\\boxed{another}", schema=schema).answer is None
    else:
        assert completion.count(schema.answer_open) == 1
        assert f"{schema.answer_open}{answer}{schema.answer_close}" in completion


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
