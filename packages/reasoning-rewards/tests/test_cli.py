import json
import subprocess
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from reasoning_rewards import render
from reasoning_rewards.cli import main

ROWS = [
    {"prompt": "6 pens, 7 boxes?", "completion": render("6*7=42.", "42"), "gold": "42", "id": 1},
    {"prompt": "6 pens, 7 boxes?", "completion": render("6*7=41.", "41"), "gold": "42", "id": 2},
]


@pytest.fixture
def rollouts(tmp_path: Path) -> Path:
    path = tmp_path / "rollouts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def test_score_streams_rows_and_keeps_their_fields(
    rollouts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", str(rollouts)]) == 0
    captured = capsys.readouterr()
    rows = [json.loads(line) for line in captured.out.splitlines()]
    assert [row["id"] for row in rows] == [1, 2]
    assert [row["score"]["correctness"] for row in rows] == [1.0, 0.0]
    assert rows[0]["score"]["status"] == "well_formed"
    assert "correctness" in captured.err
    assert "0.5000" in captured.err


def test_parquet_is_read_as_json_lines_are(
    rollouts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    for number, row in enumerate(ROWS):
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), folder / f"{number}.parquet")
    assert main(["score", str(rollouts)]) == 0
    expected = capsys.readouterr().out
    assert main(["score", str(folder)]) == 0
    assert capsys.readouterr().out == expected
    assert main(["score", str(folder / "1.parquet")]) == 0
    assert capsys.readouterr().out == expected.splitlines(keepends=True)[1]
    (folder / "0.parquet").write_bytes(b"PAR1")
    assert main(["score", str(folder)]) == 2
    assert "no whole Parquet file" in capsys.readouterr().err


def test_score_writes_a_file_and_a_summary(
    rollouts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "scored.jsonl"
    assert main(["score", str(rollouts), "-o", str(out), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["n"], summary["correctness"]) == (2, 0.5)
    assert len(out.read_text().splitlines()) == 2
    assert list(tmp_path.glob("*.partial")) == []


def test_audit_compares_weightings(rollouts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(rollouts), "--b", ".2,.6,.2", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["n"], report["groups"], report["flips"]) == (2, 1, [])
    assert report["carried_b"]["structure"] > report["carried_a"]["structure"]
    assert main(["audit", str(rollouts), "--b", "reasoning_rewards:CompositeReward"]) == 0
    assert "flips: 0" in capsys.readouterr().out


def test_audit_reads_recorded_scores(
    rollouts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scored = tmp_path / "scored.jsonl"
    main(["score", str(rollouts), "-o", str(scored)])
    text = scored.read_text().replace('"correctness": 1.0', '"correctness": 0.0')
    scored.write_text(text)
    capsys.readouterr()
    assert main(["audit", str(scored), "--a", "recorded", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["flips"] == [0]


def test_probe_exits_by_its_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["violated"] == 0
    (tmp_path / "naive_reward.py").write_text(
        "def reward(prompts, completions, **columns):\n    return [1.0 for _ in completions]\n"
    )
    monkeypatch.chdir(tmp_path)
    assert main(["probe", "naive_reward:reward"]) == 1
    assert "violated" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("not json\n", "1: not JSON"),
        ("[1]\n", "1: a JSON object is expected"),
        ('{"completion": "a"}\n', "'gold' is missing"),
        ('{"completion": null, "gold": "1"}\n', "'completion' must be a string"),
        ("", "no rows"),
    ],
)
def test_bad_files_get_one_clear_line(
    content: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(content)
    assert main(["score", str(path)]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["score", "nowhere.jsonl"],
        ["probe", "nothing"],
        ["probe", "no.such.module:x"],
    ],
)
def test_bad_arguments_exit_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("reasoning-rewards: ")


def test_bad_weights_and_output_exit_two(
    rollouts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", str(rollouts), "--weights", ".6,.3"]) == 2
    assert main(["score", str(rollouts), "--weights", ".6,.3,.3"]) == 2
    assert main(["score", str(rollouts), "-o", "no/such/folder/x.jsonl"]) == 2
    assert main(["audit", str(rollouts), "--a", "recorded"]) == 2
    assert capsys.readouterr().err.count("\n") == 4


def test_the_installed_command_teaches() -> None:
    command = [sys.executable, "-m", "reasoning_rewards.cli", "--help"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "examples:" in result.stdout


def test_importing_brings_in_nothing_heavy() -> None:
    code = (
        "import sys, reasoning_rewards;"
        "print([m for m in ('asyncio', 'subprocess', 'argparse', 'rich', 'numpy', 'sympy',"
        " 'math_verify', 'importlib.metadata') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
