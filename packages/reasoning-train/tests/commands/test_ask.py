import io
import json
import shutil
from pathlib import Path

import pytest

from reasoning_data import STYLES
from reasoning_train.cli import main


def test_a_folder_of_weights_answers(base_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["ask", str(base_folder), "Tom has 12 pens.", "--style", "bare", "--gold", "4", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert answer["question"] == "Tom has 12 pens."
    assert answer["answer"] is None  # the base was never shown the schema
    assert answer["score"]["correctness"] == 0.0


def test_the_question_may_stand_after_the_options(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["ask", str(tmp_path), "--stage", "sft", "Tom has 12 pens."])
    assert "--stage and --step are for run directories" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["ask", str(tmp_path), "Tom has 12 pens.", "--gold", "4", "And Ann?"])
    assert "unknown argument 'And Ann?'" in capsys.readouterr().err


def test_without_a_question_each_line_of_the_input_is_a_line_of_json(
    base_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["Tom has 12 pens.", "", "pens " * 300, "Ann has 3 pens."]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
    main(["ask", str(base_folder), "--style", "bare"])
    captured = capsys.readouterr()
    first, second, third = map(json.loads, captured.out.splitlines())
    assert (first["question"], third["question"]) == ("Tom has 12 pens.", "Ann has 3 pens.")
    assert {"reasoning", "answer", "confidence", "well_formed"} <= first.keys()
    assert "ask a shorter one" in second["error"]
    assert "ask a shorter one" in captured.err


def test_an_export_is_asked_in_the_style_it_was_trained_in(
    base_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "exported"
    shutil.copytree(base_folder, folder)
    told = {"prompt_style": STYLES["bare"].as_dict(), "base_model": {"name": "tiny"}}
    (folder / "export.json").write_text(json.dumps(told))
    main(["ask", str(base_folder), "Tom has 12 pens.", "--style", "bare", "--json"])
    bare = json.loads(capsys.readouterr().out)["completion"]
    main(["ask", str(folder), "Tom has 12 pens.", "--json"])
    assert json.loads(capsys.readouterr().out)["completion"] == bare
    main(["ask", str(folder), "Tom has 12 pens.", "--style", "gemma", "--json"])
    assert json.loads(capsys.readouterr().out)["completion"] != bare
    (folder / "export.json").write_text(json.dumps({"prompt_style": {"tone": "kind"}}))
    with pytest.raises(SystemExit):
        main(["ask", str(folder), "Tom has 12 pens."])
    assert "name one with --style" in capsys.readouterr().err
    main(["ask", str(folder), "Tom has 12 pens.", "--style", "bare", "--json"])
    assert json.loads(capsys.readouterr().out)["completion"] == bare


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["runs/none", "2+2?"], "'runs/none' is neither a run directory"),
        (["tiny-gemma3", " "], "the question is empty"),
        (["tiny-gemma3", "2+2?", "--temperature", "-1"], "--temperature -1 is negative"),
        (["tiny-gemma3", "--gold", "4"], "--gold belongs to one question"),
        (["tiny-gemma3", "2+2?", "--golden", "4"], "unknown argument '--golden'"),
        (["tiny-gemma3", "pens " * 300], "tokens as a prompt"),
    ],
)
def test_wrong_input_is_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["ask", *arguments])
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error
