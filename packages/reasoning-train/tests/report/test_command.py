import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reasoning_train.cli import main


def test_the_path_is_the_last_line(
    make_run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_run()
    main(["report", str(root)])
    assert capsys.readouterr().out.splitlines()[-1] == f"report   {root / 'report.html'}"


def test_two_runs_leave_the_runs_own_report_alone(
    make_run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = make_run("a"), make_run("b")
    main(["report", str(first), str(second), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert said["report"] == str(first / "comparison.html")
    assert [run["name"] for run in said["runs"]] == ["a", "b"]
    assert not (first / "report.html").exists()


def test_watching_a_finished_run_ends(
    make_run: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_run()
    main(["report", str(root), "--watch", "--every", "0.01"])
    assert 'data-reload="0"' in (root / "report.html").read_text()


def test_several_seeds_are_said_in_one_sentence_and_written_as_markdown(
    make_run: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roots = [str(make_run(f"seed-{seed}", flags=["--seed", str(seed)])) for seed in (0, 1, 2)]
    card = tmp_path / "card.md"
    main(["report", *roots, "--markdown", str(card)])
    shown = capsys.readouterr().out.splitlines()
    said = next(line for line in shown if line.startswith("GRPO − SFT"))
    assert said.startswith("GRPO − SFT over 3 seeds (0, 1, 2): +25.0 points")
    assert shown[-2:] == [f"report   {card}", f"report   {roots[0]}/comparison.html"]
    assert said.replace("<", "&lt;") in card.read_text()


def test_a_place_for_markdown_that_is_none_leaves_no_page(
    make_run: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_run()
    with pytest.raises(SystemExit) as exit_:
        main(["report", str(root), "--markdown", str(tmp_path / "no" / "card.md")])
    assert exit_.value.code == 2
    assert "there is no folder" in capsys.readouterr().err
    assert not (root / "report.html").exists()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["nowhere"], "no run in 'nowhere'"),
        (["."], "is not a run directory"),
        ([], "RUN"),
        (["a", "b", "c"], "no run in 'a'"),
        (["a", "--every", "0"], "--every 0.0 is no time"),
        (["a", "--every", "soon"], "'soon'"),
        (["a", "--wach"], "unknown argument '--wach'"),
    ],
)
def test_wrong_input_is_one_line_and_exit_2(
    argv: list[str], message: str, refused: Callable[[list[str]], str]
) -> None:
    assert message in refused(["report", *argv])


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["report", "--help"])
    assert exit_.value.code == 0
    text = capsys.readouterr().out
    for part in ("examples:", "--watch", "--markdown", "seed-1", "opens offline"):
        assert part in text
