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


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["nowhere"], "no run in 'nowhere'"),
        (["."], "holds no run"),
        ([], "RUN"),
        (["a", "b", "c"], "unknown argument 'c'"),
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
    for part in ("examples:", "--watch", "RUN_B", "opens offline"):
        assert part in text
