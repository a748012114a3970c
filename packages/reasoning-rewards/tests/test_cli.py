import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from reasoning_rewards import THINK_BOXED, render
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


def test_completions_that_were_asked_must_state_a_confidence(
    rollouts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    means = {}
    for flags in ((), ("--asked", "no"), ("--asked", "yes")):
        assert main(["score", str(rollouts), "--json", *flags]) == 0
        means[flags] = json.loads(capsys.readouterr().out)
    assert means[()] == means["--asked", "no"]
    assert (means[()]["with_confidence"], means[()]["auroc"]) == (1.0, 0.5)
    asked = means["--asked", "yes"]
    assert (asked["confidence"], asked["with_confidence"], asked["auroc"]) == (0.0, 0.0, None)
    assert main(["score", str(rollouts), "--asked", "yes"]) == 0
    assert "no confidence stated" in capsys.readouterr().err
    assert main(["audit", str(rollouts), "--json", "--asked", "yes"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [c["mean_a"] for c in report["changes"] if c["name"] == "confidence"] == [0.0]


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


BOXED_REWARD = """
from reasoning_rewards import THINK_BOXED, CompositeReward, parse
reward = CompositeReward(schema=THINK_BOXED)

def boxed_alone(completion, gold, prompt):
    return float(gold == parse(completion, schema=THINK_BOXED).answer)
"""


def test_every_command_takes_a_schema(
    rollouts: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("boxed_reward.py").write_text(BOXED_REWARD)
    boxed = tmp_path / "boxed.jsonl"
    rows = [
        row | {"completion": render("6*7=42.", str(row["gold"]), schema=THINK_BOXED)}
        for row in ROWS
    ]
    boxed.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for schema, well_formed in (("think-boxed", 1.0), ("reasoning-answer", 0.0), ("a,b", 0.0)):
        assert main(["score", str(boxed), "--schema", schema, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["well_formed"] == well_formed
    audit = ["audit", str(boxed), "--b", "boxed_reward.py:reward", "--json"]
    assert main([*audit, "--schema", "think-boxed"]) == 0
    assert json.loads(capsys.readouterr().out)["flips"] == []
    assert main(audit) == 0
    assert json.loads(capsys.readouterr().out)["flips"] == [0, 1]
    probe = ["probe", "--schema", "think-boxed"]
    assert main(probe) == 0
    assert "text around the box" in capsys.readouterr().out
    assert main(["probe", "boxed_reward.py:reward"]) == 0
    assert main([*probe, "boxed_reward.py:boxed_alone"]) == 1
    capsys.readouterr()
    assert main(["probe", "boxed_reward.py:reward", "--schema", "think-answer"]) == 2
    assert "has the schema Schema(reasoning='think', answer='\\\\boxed')" in capsys.readouterr().err
    for schema in ("boxed", "a,", "<a>,b"):
        assert main(["score", str(boxed), "--schema", schema]) == 2
        assert capsys.readouterr().err.count("\n") == 1


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
        (
            '{"completion": null, "gold": "1"}\n',
            "a completion must be a text or a list of messages",
        ),
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


def command(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "reasoning_rewards.cli", *arguments],
        **{"capture_output": True, "timeout": 60} | options,
    )


def test_standard_input_is_read(rollouts: Path) -> None:
    expected = command("score", str(rollouts))
    assert expected.returncode == 0
    for data in (rollouts.read_bytes(), gzip.compress(rollouts.read_bytes())):
        result = command("score", "-", input=data)
        assert (result.returncode, result.stdout) == (0, expected.stdout)
    result = command("score", "-", input=b"")
    assert (result.returncode, result.stderr.count(b"\n")) == (2, 1)
    assert command("audit", "-", "--json", input=rollouts.read_bytes()).returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
@pytest.mark.parametrize("arguments", [["--json"], [], ["-o", "/dev/full/x"]])
def test_a_full_disk_is_one_line(arguments: list[str], rollouts: Path) -> None:
    with open("/dev/full", "wb") as full:
        result = command(
            "score", str(rollouts), *arguments,
            stdout=full, stderr=subprocess.PIPE, capture_output=False,
        )  # fmt: skip
    assert result.returncode == 2
    lines = result.stderr.decode().splitlines()
    assert lines[-1].startswith("reasoning-rewards: ")
    assert "Traceback" not in result.stderr.decode()
    assert len([line for line in lines if line.startswith("reasoning-rewards: ")]) == 1


def test_a_file_on_a_full_disk_is_not_left_behind(
    rollouts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scored.jsonl").write_text("before")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100));"
    code = f"{limit} import sys; from reasoning_rewards.cli import main; sys.exit(main())"
    arguments = ["score", str(rollouts), "-o", str(tmp_path / "scored.jsonl")]
    result = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True)
    assert result.returncode == 2
    assert b"scored.jsonl': File too large" in result.stderr
    assert result.stderr.count(b"\n") == 1
    assert (tmp_path / "scored.jsonl").read_text() == "before"
    assert list(tmp_path.glob("*.partial")) == []


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text((json.dumps(ROWS[0]) + "\n") * 300)
    process = subprocess.Popen(
        [sys.executable, "-m", "reasoning_rewards.cli", "score", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) == 0
    assert b"Error" not in process.stderr.read()
    process.stderr.close()


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"reasoning-rewards {version('reasoning-rewards')}\n"


@pytest.mark.parametrize(
    "arguments",
    [[], ["scor"], ["score"], ["score", "x", "--nonsense"], ["score", "x", "--weights"]],
)
def test_a_wrong_argument_is_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("reasoning-rewards: ")
    assert error.count("\n") == 1
    assert "--help" in error


def test_other_fields_and_a_cut_line_are_scored_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"q": r["prompt"], "a": {"text": r["completion"]}, "meta": [r["gold"]]} for r in ROWS * 2
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows))[:-20])
    fields = ["--prompt-field", "q", "--completion-field", "a.text", "--gold-field", "meta.0"]
    assert main(["score", str(path), *fields]) == 0
    captured = capsys.readouterr()
    scored = [json.loads(line) for line in captured.out.splitlines()]
    assert [row["score"]["correctness"] for row in scored] == [1.0, 0.0, 1.0]
    assert [row["completion"] for row in scored] == [row["a"]["text"] for row in rows[:3]]
    assert "rows.jsonl:4: the last line is cut off and left out" in captured.err
    assert "means over 3 completions" in captured.err


def test_any_of_several_golds_is_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row | {"gold": ["41", "42"]}) + "\n" for row in ROWS))
    assert main(["score", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["correctness"] == 1.0


def test_the_output_is_compressed_where_its_name_says_so(rollouts: Path, tmp_path: Path) -> None:
    plain, compressed = tmp_path / "scored.jsonl", tmp_path / "scored.jsonl.gz"
    assert main(["score", str(rollouts), "-o", str(plain)]) == 0
    assert main(["score", str(rollouts), "-o", str(compressed)]) == 0
    assert gzip.decompress(compressed.read_bytes()) == plain.read_bytes()
    assert main(["score", str(compressed)]) == 0


def test_parquet_values_that_json_lacks_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = ROWS[0] | {"gold": b"42", "when": datetime(2026, 1, 2, tzinfo=UTC), "raw": b"\xff"}
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), tmp_path / "rows.parquet")
    assert main(["score", str(tmp_path / "rows.parquet")]) == 0
    scored = json.loads(capsys.readouterr().out)
    assert scored["when"].startswith("2026-01-02")
    assert scored["score"]["correctness"] == 1.0


BROKEN_REWARDS = """
def raises(completions, **columns):
    print("noise")
    raise KeyError("solution_text")

def of_two(pred, gold):
    return 1.0

def talks(completion, gold, prompt):
    print("noise")
    return float("<answer>42</answer>" in completion)
"""


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("broken.py:raises", "the reward raised KeyError on the honest case: 'solution_text'"),
        ("broken:raises", "the reward raised KeyError on the honest case"),
        ("broken:of_two", "of_two takes (pred, gold), not "),
        ("broken:nothing", "has no 'nothing'"),
        ("nowhere.py:x", "FileNotFoundError"),
        ("syntax_error:x", "cannot import 'syntax_error' for the reward"),
    ],
)
def test_a_reward_that_cannot_be_probed_is_one_line(
    spec: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "broken.py").write_text(BROKEN_REWARDS)
    (tmp_path / "syntax_error.py").write_text("def x(:\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert main(["probe", spec]) == 2
    captured = capsys.readouterr()
    lines = [line for line in captured.err.splitlines() if line != "noise"]
    assert message in lines[-1]
    assert len(lines) == 1
    assert captured.out == ""


def test_what_a_reward_prints_does_not_spoil_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "talking.py").write_text(BROKEN_REWARDS)
    monkeypatch.chdir(tmp_path)
    assert main(["probe", "talking.py:talks", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["n"] > 50
    assert 0 < report["violated"] < report["n"]
