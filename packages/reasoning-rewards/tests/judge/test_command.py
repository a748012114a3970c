"""The commands `rubric` and `judge`."""

import json
from pathlib import Path
from typing import Any

import pytest

from reasoning_rewards.cli import main

RUBRIC = '[[items]]\nname = "reason"\nquestion = "Does the text give a reason?"\nweight = 2\n'
ROWS = [
    {"prompt": "Why?", "completion": "It rains because warm air rises.", "id": 1},
    {"prompt": [{"role": "user", "content": "Why?"}], "completion": "It rains.", "id": 2},
]


@pytest.fixture
def rubric(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(RUBRIC)
    return path


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def test_rubric_is_printed(rubric: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rubric", str(rubric)]) == 0
    printed = capsys.readouterr().out
    assert " 2.00  reason         Does the text give a reason?" in printed
    assert " 0.30  connected" in printed


def test_a_wrong_rubric_is_one_line(rubric: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rubric.write_text("[structure]\nstep = 1\n")
    assert main(["rubric", str(rubric)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"reasoning-rewards: rubric {str(rubric)!r}: no rubric entry 'step'")


def test_rows_are_judged_and_the_cache_saves_the_second_time(
    rubric: Path, rows: Path, stub: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("openai")
    command = ["judge", str(rows), "--rubric", str(rubric), "--base-url", stub.url]
    command += ["--model", "stub", "--cache", str(tmp_path / "cache.sqlite")]
    for asked in (2, 0):
        stub.prompts.clear()
        assert main(command) == 0
        captured = capsys.readouterr()
        found = [json.loads(line) for line in captured.out.splitlines()]
        assert [(row["id"], row["judge"]) for row in found] == [(1, 1.0), (2, 0.0)]
        assert found[0]["judge_items"] == {"reason": 1.0}
        assert f"{asked} questions asked, {2 - asked} from the cache" in captured.err
        assert len(stub.prompts) == asked


def test_items_of_each_row(stub: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("openai")
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(ROWS[0] | {"criteria": ["Is there a reason?"]}))
    command = ["judge", str(path), "--base-url", stub.url, "--model", "stub"]
    out = tmp_path / "out.jsonl"
    assert main([*command, "--rubric-column", "criteria", "-o", str(out)]) == 0
    assert json.loads(out.read_text())["judge_items"] == {"item 1": 1.0}
    assert "item 1" in capsys.readouterr().out
    assert main([*command, "--rubric-column", "rubric"]) == 2
    assert "rows.jsonl:1: the row has no 'rubric'" in capsys.readouterr().err
    assert main(command) == 2
    assert "a judge needs items to ask" in capsys.readouterr().err
    path.write_text('{"prompt": "x"}')
    assert main([*command, "--rubric-column", "criteria"]) == 2
    assert "rows.jsonl:1: the row has no 'completion'" in capsys.readouterr().err


def test_a_server_that_judges_nothing_is_an_error_after_the_rows_are_written(
    rubric: Path, rows: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("openai")
    out = tmp_path / "out.jsonl"
    command = ["judge", str(rows), "--rubric", str(rubric), "--model", "stub", "-o", str(out)]
    # Nothing listens on the discard port.
    assert main([*command, "--base-url", "http://127.0.0.1:9/v1"]) == 2
    assert [json.loads(line)["judge"] for line in out.read_text().splitlines()] == [None, None]
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("reasoning-rewards: no completion could be judged; reason: no connect")


def test_a_limit_of_the_cost_leaves_rows_without_a_score(
    rubric: Path, rows: Path, stub: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A question costs 100 tokens in and 5 out; after the first no more may be sent."""
    pytest.importorskip("openai")
    command = ["judge", str(rows), "--rubric", str(rubric), "--base-url", stub.url]
    command += ["--model", "stub", "--concurrency", "1", "--max-cost", "0.0001"]
    assert main(command) == 2
    assert "max_cost needs price_in or price_out" in capsys.readouterr().err
    assert main([*command, "--price-in", "1", "--price-out", "20"]) == 0
    captured = capsys.readouterr()
    assert [json.loads(line)["judge"] for line in captured.out.splitlines()] == [1.0, None]
    assert "100 + 5 tokens, cost 0.0002, 1 failed" in captured.err
