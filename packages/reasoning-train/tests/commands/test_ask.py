import json
from pathlib import Path

import pytest
from rich.console import Console

from reasoning_train.cli import main
from reasoning_train.commands.ask import _show


def test_a_folder_of_weights_answers(base_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["ask", str(base_folder), "Tom has 12 pens.", "--style", "bare", "--gold", "4", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert answer["question"] == "Tom has 12 pens."
    assert answer["answer"] is None  # the base was never shown the schema
    assert answer["score"]["correctness"] == 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["runs/none", "2+2?"], "'runs/none' is neither a run directory"),
        (["tiny-gemma3", " "], "the question is empty"),
        (["tiny-gemma3", "2+2?", "--temperature", "-1"], "--temperature -1 is negative"),
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


def test_reasoning_and_answer_are_shown_apart() -> None:
    console = Console(width=60, record=True)
    answer = {
        "reasoning": "1+1=2 [bold]pens[/bold].",
        "answer": "2",
        "gold": "2",
        "score": {"total": 1.0},
    }
    _show(answer, console, well_formed=True)
    text = console.export_text()
    assert text.index("reasoning") < text.index("[bold]pens[/bold]") < text.index("answer")
    assert "gold 2: total 1.00" in text
