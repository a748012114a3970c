import io
import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from reasoning_data import STYLES
from reasoning_train.cli import main
from reasoning_train.commands.ask import _confidences, _show
from reasoning_train.evaluation.post_hoc import ConfidenceMap


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


def test_without_a_question_the_lines_of_the_input_are_asked(
    base_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["Tom has 12 pens.", "", "pens " * 300, "Ann has 3 pens."]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
    main(["ask", str(base_folder), "--style", "bare", "--json"])
    captured = capsys.readouterr()
    asked = [json.loads(line)["question"] for line in captured.out.splitlines()]
    assert asked == ["Tom has 12 pens.", "Ann has 3 pens."]
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


def test_a_confidence_is_mapped_where_a_map_was_fitted() -> None:
    fitted = ConfidenceMap((0.2, 0.8), (0.1, 0.5))
    assert _confidences(0.5, fitted) == {"confidence": 0.3, "stated_confidence": 0.5}
    assert _confidences(0.5, None) == {"confidence": 0.5, "stated_confidence": 0.5}
    assert _confidences(None, fitted) == {"confidence": None, "stated_confidence": None}


def test_reasoning_and_answer_are_shown_apart() -> None:
    console = Console(width=60, record=True)
    answer = {
        "reasoning": "1+1=2 [bold]pens[/bold].",
        "answer": "2",
        "confidence": 0.6,
        "stated_confidence": 0.85,
        "status": "well_formed",
        "gold": "2",
        "score": {"total": 1.0},
    }
    _show(answer, console)
    text = console.export_text()
    assert text.index("reasoning") < text.index("[bold]pens[/bold]") < text.index("answer")
    assert "confidence 0.60 by the map fitted after training; 0.85" in text
    assert "gold 2: total 1.00" in text
    _show({**answer, "confidence": 0.85}, console)
    assert "confidence 0.85" in console.export_text()
    _show({**answer, "confidence": None, "stated_confidence": None}, console)
    assert "confidence not stated" in console.export_text()
