import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reasoning_train.cli import main
from reasoning_train.report.index import is_folder_of_runs
from reasoning_train.report.write import write_report

MakeRun = Callable[..., Path]


def test_a_folder_of_runs_is_listed_with_figures_and_links(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_report(make_run("a"))
    make_run("b & <b>", outcomes={"base": [False] * 12, "sft": [True] * 12, "grpo": [False] * 12})
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "config.toml").write_text("seed = 3\n")
    main(["report", str(tmp_path)])
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "a: base 0.0 %, SFT 50.0 %, GRPO 75.0 %"
    assert shown[1] == "b & <b>: base 0.0 %, SFT 100.0 %, GRPO 0.0 %  2 SERIOUS"
    assert shown[2:] == ["c: no evaluation yet", f"index    {tmp_path / 'index.html'}"]
    page = (tmp_path / "index.html").read_text()
    assert '<a href="a/report.html">a</a>' in page
    assert page.count("<a ") == 1  # the others have no page yet
    assert "b &amp; &lt;b&gt;" in page
    assert "GRPO made the model worse: 100.0 → 0.0 %" in page
    assert "base, best" not in page  # a column without a value


def test_the_list_for_machines(
    make_run: MakeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run("a")
    main(["report", str(tmp_path), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert said["index"] == str(tmp_path / "index.html")
    assert (said["runs"][0]["name"], said["runs"][0]["grpo"]) == ("a", "75.0 %")


def test_a_run_is_no_folder_of_runs(make_run: MakeRun, tmp_path: Path) -> None:
    assert not is_folder_of_runs(make_run("a"))
    assert is_folder_of_runs(tmp_path)
    assert not is_folder_of_runs(tmp_path / "nowhere")


def test_what_a_list_cannot_do_is_said(
    make_run: MakeRun, tmp_path: Path, refused: Callable[[list[str]], str]
) -> None:
    make_run("a")
    assert "--watch is for runs" in refused(["report", str(tmp_path), "--watch"])
