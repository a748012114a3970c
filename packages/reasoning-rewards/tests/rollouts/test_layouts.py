"""The rows of other programs, as their sources write them."""

import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from reasoning_rewards import THINK_BOXED, RewardError, parse, render
from reasoning_rewards.rollouts.layouts import Fields, has, lookup
from reasoning_rewards.rollouts.rows import Rollout, read_rollouts

QUESTION = "6 pens, 7 boxes?"
RIGHT, WRONG = render("6*7=42.", "42"), render("6*7=41.", "41")


def write(folder: Path, rows: list[dict[str, Any]], name: str = "rows.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: Path, **fields: str) -> list[Rollout]:
    return read_rollouts(path, Fields(**fields)).items


def messages(*said: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"role": role, "content": content} for role, content in said]


def lm_eval(doc: int, filter_name: str, resps: list[Any], target: str) -> dict[str, Any]:
    return {
        "doc_id": doc,
        "doc": {"question": QUESTION, "answer": target},
        "target": target,
        "arguments": {"gen_args_0": {"arg_0": QUESTION, "arg_1": {"until": ["Question:"]}}},
        "resps": resps,
        "filtered_resps": ["42"],
        "filter": filter_name,
        "metrics": ["exact_match"],
        "exact_match": 1.0,
    }


VERL = {"input": QUESTION, "output": RIGHT, "gts": "42", "score": 1.0, "step": 3, "acc": True}
VERL_GENERATION = {
    "data_source": "openai/gsm8k",
    "prompt": messages(("user", QUESTION)),
    "ability": "math",
    "reward_model": {"style": "rule", "ground_truth": "42"},
    "extra_info": {"split": "test", "index": 0},
    "responses": [RIGHT, WRONG],
}
LM_EVAL = lm_eval(0, "strict-match", [[RIGHT]], "6 * 7 = 42\n#### 42")
VERIFIERS = {
    "example_id": 0,
    "prompt": messages(("system", "Think."), ("user", QUESTION)),
    "completion": messages(("assistant", RIGHT)),
    "answer": "42",
    "reward": 1.0,
}


@pytest.mark.parametrize("row", [VERL, LM_EVAL, VERIFIERS], ids=["verl", "lm-eval", "verifiers"])
def test_a_known_layout_is_read_without_options(row: dict[str, Any], tmp_path: Path) -> None:
    (rollout,) = read(write(tmp_path, [row]))
    assert (rollout.prompt, rollout.completion, rollout.golds) == (QUESTION, RIGHT, ("42",))
    assert row.items() <= rollout.row.items()


def test_the_folder_of_verl_is_a_file_for_each_step(tmp_path: Path) -> None:
    for step in (1, 2):
        write(tmp_path, [VERL | {"step": step}], f"{step}.jsonl")
    rollouts = read_rollouts(tmp_path)
    assert [rollout.row["step"] for rollout in rollouts.items] == [1, 2]
    assert any("verl" in note for note in rollouts.notes)


def test_several_completions_of_a_row_are_several_rollouts(tmp_path: Path) -> None:
    path = tmp_path / "generated.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([VERL_GENERATION]), path)
    first, second = read(path)
    assert (first.prompt, first.golds) == (second.prompt, second.golds) == (QUESTION, ("42",))
    assert (first.completion, second.completion) == (RIGHT, WRONG)
    repeats = write(tmp_path, [lm_eval(0, "none", [[RIGHT, WRONG]], "42")])
    assert [rollout.completion for rollout in read(repeats)] == [RIGHT, WRONG]
    # What is written can be read again, one completion a row.
    again = write(tmp_path, [rollout.row for rollout in (first, second)], "again.jsonl")
    assert [rollout.completion for rollout in read(again)] == [RIGHT, WRONG]


def test_each_filter_of_lm_eval_repeats_the_rows(tmp_path: Path) -> None:
    filters = ("strict-match", "flexible-extract")
    rows = [lm_eval(doc, name, [[RIGHT]], "42") for name in filters for doc in range(3)]
    rollouts = read_rollouts(write(tmp_path, rows))
    assert len(rollouts.items) == 3
    assert any("3 rows repeat others under another filter" in note for note in rollouts.notes)


def test_log_likelihoods_are_no_completions(tmp_path: Path) -> None:
    row = lm_eval(0, "none", [[["-1.5", "False"]], [["-0.5", "True"]]], "1")
    with pytest.raises(RewardError, match="'resps': a completion must be a text"):
        read(write(tmp_path, [row]))


def test_the_completions_of_trl_need_a_gold(tmp_path: Path) -> None:
    row = {"step": 1, "prompt": QUESTION, "completion": RIGHT, "reward": 1.0, "advantage": 0.0}
    path = tmp_path / "completions_00001.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), path)
    with pytest.raises(RewardError, match=r"'gold' is missing \(fields: step, prompt.*gold-field"):
        read(path)
    # `log_extra` in a reward function adds a column.
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row | {"my_gold": "42"}]), path)
    (rollout,) = read(path, gold="my_gold")
    assert (rollout.completion, rollout.golds) == (RIGHT, ("42",))


def test_fields_are_dotted_paths(tmp_path: Path) -> None:
    row = {
        "request": {"messages": [{"content": QUESTION}]},
        "choices": [{"message": {"content": RIGHT}}],
        "meta.gold": 42,
    }
    path = write(tmp_path, [row])
    (rollout,) = read(
        path,
        prompt="request.messages.0.content",
        completion="choices.0.message.content",
        gold="meta.gold",
    )
    assert (rollout.prompt, rollout.completion, rollout.golds) == (QUESTION, RIGHT, ("42",))
    with pytest.raises(RewardError, match=r":1: .*'request.nowhere' is missing.*--prompt-field"):
        read(
            path, prompt="request.nowhere", completion="choices.0.message.content", gold="meta.gold"
        )
    with pytest.raises(KeyError):
        lookup(row, "choices.1.message.content")
    assert not has(row, "choices.message")


@pytest.mark.parametrize(
    ("prompt", "completion"),
    [
        (messages(("user", QUESTION)), messages(("assistant", RIGHT))),
        (
            messages(("user", "Hello?"), ("assistant", "Hello."), ("user", QUESTION)),
            messages(("assistant", RIGHT[:9]), ("tool", "ok"), ("assistant", RIGHT[9:])),
        ),
        (
            messages(("user", [{"type": "text", "text": QUESTION}])),
            messages(("assistant", [{"type": "text", "text": RIGHT}]), ("assistant", None)),
        ),
    ],
)
def test_conversations_are_read(prompt: Any, completion: Any, tmp_path: Path) -> None:
    row = {"prompt": prompt, "completion": completion, "gold": "42"}
    (rollout,) = read(write(tmp_path, [row]))
    assert (rollout.prompt, rollout.completion) == (QUESTION, RIGHT)
    assert rollout.row["completion"] == completion


@pytest.mark.parametrize(
    ("gold", "golds"),
    [
        ("42", ("42",)),
        (42, ("42",)),
        (1.5, ("1.5",)),
        (True, ("True",)),
        (["42"], ("42",)),
        (["NYC", "New York City"], ("NYC", "New York City")),
        ("She has 6 * 7 = <<6*7=42>>42 pens.\n#### 42", ("42",)),
    ],
)
def test_golds_are_read(gold: Any, golds: tuple[str, ...], tmp_path: Path) -> None:
    (rollout,) = read(write(tmp_path, [{"completion": RIGHT, "gold": gold}]))
    assert rollout.golds == golds


@pytest.mark.parametrize("gold", [None, {}, [], {"text": ["42"]}, [None]])
def test_what_is_no_gold_is_named(gold: Any, tmp_path: Path) -> None:
    with pytest.raises(RewardError, match=r"rows.jsonl:2: the field 'gold': a gold answer "):
        read(write(tmp_path, [{"completion": RIGHT, "gold": g} for g in ("42", gold)]))


def test_a_file_whose_golds_cannot_be_read_is_said(tmp_path: Path) -> None:
    unread = write(tmp_path, [{"completion": RIGHT, "gold": gold} for gold in ("", "?")])
    assert [n for n in read_rollouts(unread).notes if "no gold answer can be read" in n]
    read_one = write(tmp_path, [{"completion": RIGHT, "gold": gold} for gold in ("", "42")])
    assert not read_rollouts(read_one).notes


CHAT = messages(
    ("system", "Think."), ("user", "Hi"), ("assistant", "Hi."), ("user", QUESTION),
    ("assistant", RIGHT),
)  # fmt: skip


@pytest.mark.parametrize("gold", ["gold", "answer", "ground_truth", "solution", "target"])
@pytest.mark.parametrize("after", [[], messages(("user", "Thanks!")), messages(("tool", "x"))])
def test_a_whole_conversation(gold: str, after: list[dict[str, Any]], tmp_path: Path) -> None:
    (rollout,) = read(write(tmp_path, [{"messages": CHAT + after, gold: "42"}]))
    assert (rollout.prompt, rollout.completion, rollout.golds) == (QUESTION, RIGHT, ("42",))
    assert rollout.row["prompt"] == QUESTION


def test_a_conversation_under_another_name(tmp_path: Path) -> None:
    path = write(tmp_path, [{"chat": {"turns": CHAT}, "y": "42"}])
    (rollout,) = read(path, prompt="chat.turns", completion="chat.turns", gold="y")
    assert (rollout.prompt, rollout.completion) == (QUESTION, RIGHT)


def test_a_conversation_without_a_question_has_no_prompt(tmp_path: Path) -> None:
    said = messages(("assistant", RIGHT)), messages(("assistant", WRONG), ("user", "No."))
    rows = [{"messages": chat, "gold": "42"} for chat in said]
    found = [(r.prompt, r.completion) for r in read(write(tmp_path, rows))]
    assert found == [("", RIGHT), ("", WRONG)]


def test_reasoning_of_the_last_message_alone_is_put_back(tmp_path: Path) -> None:
    turns = messages(("assistant", "\\boxed{41}"), ("user", QUESTION), ("assistant", "\\boxed{42}"))
    turns[0]["reasoning_content"], turns[2]["reasoning_content"] = "6*7=41.", "6*7=42."
    path = write(tmp_path, [{"messages": turns, "gold": "42"}])
    (rollout,) = read_rollouts(path, schema=THINK_BOXED).items
    trace = parse(rollout.completion, schema=THINK_BOXED)
    assert (trace.reasoning, trace.answer, trace.well_formed) == ("6*7=42.", "42", True)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (messages(("user", QUESTION)), "must have a message of the role 'assistant'"),
        ([], "a list of messages is expected, not []"),
        (RIGHT, "a list of messages is expected, not "),
    ],
)
def test_what_is_no_conversation_is_named(said: object, message: str, tmp_path: Path) -> None:
    path = write(tmp_path, [{"messages": CHAT, "gold": "42"}, {"messages": said, "gold": "42"}])
    with pytest.raises(RewardError, match=r"rows.jsonl:2: the field 'messages': ") as error:
        read(path)
    assert message in str(error.value)


@pytest.mark.parametrize("indent", [None, 2])
def test_an_object_with_the_rows_in_it(indent: int | None, tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    rows = [VERL, VERL | {"output": WRONG}]
    path.write_text(json.dumps({"version": "1.0", "data": rows}, indent=indent))
    assert [rollout.completion for rollout in read(path)] == [RIGHT, WRONG]
    path.write_text(json.dumps({"data": [VERL, {"output": RIGHT}]}, indent=indent))
    with pytest.raises(RewardError, match=r"data\.1: the field 'gts' is missing"):
        read(path)


def test_a_row_may_have_a_field_data(tmp_path: Path) -> None:
    row = {"completion": RIGHT, "gold": "42", "data": [{"completion": WRONG, "gold": "41"}]}
    assert [rollout.completion for rollout in read(write(tmp_path, [row]))] == [RIGHT]
    path = write(tmp_path, [{"data": [{"text": WRONG}], "gold": "42"}])
    assert read(path, completion="data.0.text")[0].completion == WRONG
    for data in ([], [1], "text"):
        with pytest.raises(RewardError, match="the field 'completion' is missing"):
            read(write(tmp_path, [{"data": data}]))
