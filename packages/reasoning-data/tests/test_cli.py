import json
import os
import resource
import subprocess
import sys

import pytest

from reasoning_data.cli import main

ROW = {
    "question": "How many apples are {0} and {0} on the old table?",
    "answer": "{0}+{0} = {1}\n#### {1}",
}


def gsm8k_lines(numbers):
    return "".join(
        json.dumps({key: text.format(n, 2 * n) for key, text in ROW.items()}) + "\n"
        for n in numbers
    )


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text(gsm8k_lines(range(2, 40)))
    return path


def run(capsys, *arguments):
    code = main([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_build_verify_and_inspect(capsys, source, tmp_path):
    out = tmp_path / "out"
    code, text, _ = run(capsys, "build", f"gsm8k:{source}", "-o", out, "--ngram", "0")
    assert code == 0
    assert "38" in text
    assert "\x1b" not in text
    assert run(capsys, "verify", out) == (0, f"{out}: every file is what the manifest says\n", "")
    code, text, _ = run(capsys, "inspect", out, "-n", "1")
    assert code == 0
    assert "<start_of_turn>model" in text
    assert "\x1b" not in text
    page = tmp_path / "page.html"
    assert run(capsys, "inspect", out, "--html", page)[0] == 0
    assert page.read_text().startswith("<!doctype html>")


def test_json_for_machines(capsys, source, tmp_path):
    out = tmp_path / "out"
    code, text, _ = run(capsys, "build", f"gsm8k:{source}", "-o", out, "--json")
    manifest = json.loads(text)
    assert code == 0
    assert manifest["sources"][0]["location"] == "train.jsonl"
    assert manifest["sources"][0]["rows"] == 38
    assert json.loads(run(capsys, "inspect", out, "--json")[1])["rows"]
    assert json.loads(run(capsys, "verify", out, "--json")[1]) == {"ok": True, "findings": []}


def test_a_touched_row_ends_verify_with_2_and_its_name(capsys, source, tmp_path):
    out = tmp_path / "out"
    run(capsys, "build", f"gsm8k:{source}", "-o", out, "--format", "jsonl", "--ngram", "0")
    path = out / "grpo.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[0]["gold"] = "0"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, text, err = run(capsys, "verify", out)
    assert (code, text) == (2, "")
    assert f"row {rows[0]['id']!r} was changed" in err


def test_bad_rows_are_listed_with_file_and_line_and_the_rest_goes_on(capsys, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"q,a,k\nWhat is 1+1?,2,x\nWhat is 2+2?,4,x\n\xff,1,y\nWhat is 3+3?,,z\n")
    arguments = ["--question-field", "q", "--answer-field", "a", "--id-field", "k"]
    options = [*arguments, "--fractions", "grpo=1", "--license", "CC0-1.0"]
    code, _, _ = run(capsys, "build", path, "-o", tmp_path / "out", *options)
    lines = (tmp_path / "out" / "rejects.jsonl").read_text().splitlines()
    found = {row["origin"]: row["reason"] for row in map(json.loads, lines)}
    assert code == 0
    assert found == {
        "rows.csv:3": "duplicate_id",
        "rows.csv:4": "wrong_encoding",
        "rows.csv:5": "bad_gold",
    }
    code, _, err = run(capsys, "build", path, "-o", tmp_path / "strict", "--strict", *options)
    assert code == 2
    assert err.startswith("reasoning-data: rows.csv:4: wrong_encoding")
    assert not (tmp_path / "strict").exists()


def test_two_sources_are_mixed_and_an_evaluation_set_is_kept_out(capsys, source, tmp_path):
    test = tmp_path / "test.jsonl"
    test.write_text(gsm8k_lines([5]))
    code, text, _ = run(
        capsys, "build", f"gsm8k:{source},weight=3", "arithmetic,limit=30", "-o", tmp_path / "out",
        "--against", f"gsm8k:{test}", "--fractions", "sft=1", "--drop", "eval_ngram",
        "--style", "bare", "--seed", "5", "--json",
    )  # fmt: skip
    manifest = json.loads(text)
    assert code == 0
    assert manifest["rejected"] == {"contaminated_exact": 1}
    assert [s["weight"] for s in manifest["sources"]] == [3.0, 1.0]
    assert manifest["splits"]["sft"] == 67


def test_a_configuration_file_and_a_flag_over_it(capsys, source, tmp_path):
    config = tmp_path / "build.toml"
    config.write_text(
        f'output = "{tmp_path / "out"}"\nseed = 3\nstyle = "bare"\n'
        f'[[sources]]\nkind = "gsm8k"\nlocation = "{source}"\n'
    )
    code, text, _ = run(capsys, "build", "--config", config, "--seed", "4", "--json")
    assert code == 0
    written = json.loads(text)["config"]
    assert (written["seed"], written["style"]["name"]) == (4, "bare")


def in_process(*arguments, **options):
    command = [sys.executable, "-m", "reasoning_data.cli", *map(str, arguments)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=environment, **options)


def test_rows_from_standard_input(capsys, monkeypatch, source, tmp_path):
    with source.open() as file:
        monkeypatch.setattr("sys.stdin", file)
        code, text, _ = run(capsys, "build", "gsm8k:-", "-o", tmp_path / "out", "--json")
    assert code == 0
    assert json.loads(text)["sources"][0]["name"] == "gsm8k-stdin"
    assert json.loads(text)["sources"][0]["rows"] == 38


def test_a_full_disk_leaves_the_old_build(capsys, source, tmp_path):
    out = tmp_path / "out"
    assert run(capsys, "build", f"gsm8k:{source}", "-o", out)[0] == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def no_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))

    done = in_process("build", f"gsm8k:{source}", "-o", out, "--overwrite", preexec_fn=no_room)
    assert done.returncode == 2
    assert done.stderr.startswith("reasoning-data: ")
    assert len(done.stderr.splitlines()) == 1
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "train.jsonl"]


def test_output_that_cannot_be_written_is_one_line(source, tmp_path):
    command = [sys.executable, "-m", "reasoning_data.cli", "build", f"gsm8k:{source}"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*command, "-o", tmp_path / "out", "--json"], stdout=full, stderr=subprocess.PIPE,
            text=True, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_a_reader_that_has_seen_enough_is_no_fault(source, tmp_path):
    command = [sys.executable, "-m", "reasoning_data.cli", "build", f"gsm8k:{source}"]
    with subprocess.Popen(
        [*command, "-o", tmp_path / "out", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_help_teaches_without_loading_numpy(tmp_path):
    done = in_process("build", "--help")
    assert done.returncode == 0
    assert "examples:" in done.stdout
    assert "reasoning-data build gsm8k:train.jsonl" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["build", "-o", "out"], "give a source"),
        (["build", "gsm8k:{source}"], "give an output folder"),
        (["build", "gsm8k:missing.jsonl", "-o", "{out}"], "no such file: 'missing.jsonl'"),
        (["build", "gsm8k:{source}", "gsm8k:{source}", "-o", "{out}"], "two sources are named"),
        (["build", "gsm8k:{source}", "-o", "{out}", "--fractions", "half"], "write fractions as"),
        (["build", "gsm8k:{source}", "-o", "{out}", "--caps", "sft=x"], "write caps as"),
        (["build", "gsm8k:{source}", "-o", "{out}", "--caps", "test=5"], "no split 'test'"),
        (["build", "gsm8k:{source}", "-o", "{out}", "--report", "x"], "no reason 'x'"),
        (["build", "rows:{source}", "-o", "{out}", "--question-field", "q"], "no field 'q'"),
        (["build", "gsm8k:{source}", "-o", "{here}"], "is not a build"),
        (["verify", "{here}"], "no build in"),
        (["inspect", "{here}"], "no build in"),
        (["build", "math:{source}", "-o", "{out}"], "no row remains of 38"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(capsys, source, tmp_path, arguments, message):
    places = {"source": source, "out": tmp_path / "out", "here": tmp_path}
    code, out, err = run(capsys, *(a.format(**places) for a in arguments))
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_the_version_names_the_command(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out.startswith("reasoning-data ")


@pytest.mark.parametrize("arguments", [[], ["sing"], ["verify"], ["build", "--sing"]])
def test_a_wrong_argument_is_one_line_and_exit_2(capsys, arguments):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    captured = capsys.readouterr()
    assert (stop.value.code, captured.out, captured.err.count("\n")) == (2, "", 1)
    assert captured.err.startswith("reasoning-data: ")
    assert "--help" in captured.err
