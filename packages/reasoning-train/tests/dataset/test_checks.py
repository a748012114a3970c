from pathlib import Path

import pytest

from reasoning_train.config import load_config
from reasoning_train.dataset.checks import check_data
from reasoning_train.errors import UserError


def check(*flags: str) -> None:
    check_data(load_config(preset="tiny", flags=list(flags)))


def test_sources_that_can_be_used_pass(write_rows) -> None:  # type: ignore[no-untyped-def]
    mine = write_rows("mine.csv", 8, worked=0.3)
    check("--data.sources", f"rows:{mine},question=q,answer=a,rationale=work")
    check("--data.sources", "gsm8k:openai/gsm8k,revision=abc")  # known when it is there
    bare = write_rows("bare.csv", 8, worked=0.0)
    source = f"rows:{bare},question=q,answer=a"
    check("--data.sources", source, "arithmetic:split=sft,limit=9")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("rows:{mine},question=query", "first, mine.csv:2: missing_field: no field 'query'"),
        ("rows:{empty},question=q", "empty: no row can be used; it is empty"),
        ("rows:{folder}/mine.txt", "no such file"),
        ("rows:{cut}", "cut.jsonl:1: broken_row"),
        ("gym:no_such_task", "no generator 'no_such_task'|gym.* not installed"),
    ],
)
def test_a_source_without_a_usable_row_is_one_line(
    source: str,
    message: str,
    write_rows,  # type: ignore[no-untyped-def]
    tmp_path: Path,
) -> None:
    (tmp_path / "cut.jsonl").write_text('{"question": "1+')
    (tmp_path / "empty.csv").write_text("q,a\n")
    places = {"mine": write_rows("mine.csv", 8), "folder": tmp_path}
    places |= {"empty": tmp_path / "empty.csv", "cut": tmp_path / "cut.jsonl"}
    text = source.format(**places)
    for flags in (["--data.sources", text], ["--data.evaluations", f"empty={text}"]):
        with pytest.raises(UserError, match=message) as error:
            check(*flags)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("options", ["", ",rationale=work,split=grpo", ",rationale=none"])
def test_sources_that_sft_learns_nothing_from_are_refused(
    options: str,
    write_rows,  # type: ignore[no-untyped-def]
) -> None:
    source = f"rows:{write_rows('mine.csv', 8)},question=q,answer=a{options}"
    with pytest.raises(UserError, match=r"no row has a worked solution.*rationale=FIELD"):
        check("--data.sources", source)
    check("--data.evaluations", f"test={source}")  # golds are all that an evaluation needs


def test_more_generated_problems_than_there_are() -> None:
    check("--data.sources", "arithmetic:steps=1")  # as many as there are
    with pytest.raises(UserError, match=r"n must be between 0 and 800 for steps=1, got 801"):
        check("--data.sources", "arithmetic:steps=1,split=sft,limit=801")
