import errno
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reasoning_train.errors import UserError
from reasoning_train.report.describe import as_dict
from reasoning_train.report.write import compare_runs, watch, write_report


def test_the_page_lies_in_the_run_and_nothing_else_changes(make_run: Callable[..., Path]) -> None:
    root = make_run()
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    assert write_report(root) == root / "report.html"
    after = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    assert after.pop(root / "report.html").startswith(b"<!doctype html>")
    assert after == before


def test_it_can_lie_elsewhere(make_run: Callable[..., Path], tmp_path: Path) -> None:
    root = make_run()
    assert write_report(root, tmp_path / "page.html").is_file()
    assert not (root / "report.html").exists()


def test_a_disk_that_is_full_leaves_the_old_page(
    make_run: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = write_report(make_run())
    old = page.read_bytes()

    def fill(path: Path, data: bytes) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill)
    with pytest.raises(UserError, match=r"cannot write .*No space left"):
        write_report(page.parent)
    assert page.read_bytes() == old
    assert not list(page.parent.glob(".*tmp"))


@pytest.mark.parametrize(
    ("out", "message"), [(".", "is a folder"), ("no/where.html", "there is no folder .*no'")]
)
def test_a_place_that_cannot_be_written(
    make_run: Callable[..., Path], tmp_path: Path, out: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        write_report(make_run(), tmp_path / out)


def test_the_same_run_twice_is_refused(make_run: Callable[..., Path], tmp_path: Path) -> None:
    root = make_run()
    with pytest.raises(UserError, match="given twice"):
        compare_runs([root, root / ".." / root.name], tmp_path / "x.html")


def test_runs_of_the_same_name_are_told_apart(
    make_run: Callable[..., Path], tmp_path: Path
) -> None:
    first = make_run("a")
    (tmp_path / "other").mkdir()
    second = make_run("b").rename(tmp_path / "other" / "a")
    written = compare_runs([first, second], tmp_path / "x.html")
    assert [run.name for run in written.report.runs] == [f"{tmp_path.name}/a", "other/a"]


def test_watching_writes_when_something_changed_until_the_run_is_finished(
    make_run: Callable[..., Path],
) -> None:
    root = make_run()
    out = root / "report.html"
    whole = (root / "state.json").read_text()
    state = json.loads(whole)
    (root / "state.json").write_text(json.dumps({**state, "done": state["done"][:-1]}))
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        assert 'data-reload="7000"' in out.read_text()
        if len(pauses) == 3:
            (root / "state.json").write_text(whole)

    pages = [written.report.runs[0].finished for written in watch([root], out, 7.0, pause=pause)]
    assert pages == [False, True]
    assert pauses == [7.0] * 3
    assert 'data-reload="0"' in out.read_text()


def test_breaking_off_leaves_a_page_that_stands_still(make_run: Callable[..., Path]) -> None:
    root = make_run()
    (root / "state.json").unlink()

    def pause(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(watch([root], root / "report.html", 1.0, pause=pause))
    assert 'data-reload="0"' in (root / "report.html").read_text()


def test_what_a_page_says_for_machines(make_run: Callable[..., Path], tmp_path: Path) -> None:
    root = make_run()
    summary = {"n": 12, "accuracy": 0.5, "ece": float("nan"), "seed": 0}
    (root / "evaluation" / "sft.json").write_text(json.dumps(summary))
    (root / "metrics.jsonl").write_text('{"step": 1')
    said = as_dict(compare_runs([root], tmp_path / "x.html"))
    again = json.loads(json.dumps(said, allow_nan=False))
    assert again["report"] == str(tmp_path / "x.html")
    assert again["bytes"] == (tmp_path / "x.html").stat().st_size
    assert [w["title"] for w in again["warnings"]] == [
        "Only 12 held-out problems",
        "1 damaged line was skipped",
    ]
    assert again["verdicts"][0]["headline"].startswith("GRPO was not shown to help or harm")
    (only,) = again["runs"]
    assert only["steps"] == {"sft": 6, "grpo": 4}
    assert [e["predictions"] for e in only["evaluations"]] == [12, 12, 12]
    assert only["evaluations"][1]["summary"]["ece"] is None
    first = again["pairs"][0]
    assert (first["before"], first["after"], first["difference"]) == ("Base", "SFT", 0.5)
    assert again["browser"][0]["shown"] == again["browser"][0]["of"] == 12
    assert again["pooled"] == []


def test_pooled_seeds_for_machines(make_run: Callable[..., Path], tmp_path: Path) -> None:
    roots = [make_run(f"seed-{seed}", flags=["--seed", str(seed)]) for seed in (0, 1)]
    said = as_dict(compare_runs([*roots, make_run("again")], tmp_path / "x.html"))
    assert "a repeated seed" in said["pooled"][0]["refused"]
    said = as_dict(compare_runs(roots, tmp_path / "x.html"))
    first = json.loads(json.dumps(said, allow_nan=False))["pooled"][0]
    assert (first["before"], first["after"], first["measure"]) == ("Base", "SFT", "strict")
    assert (first["difference"], first["seeds"], first["n"]) == (0.5, [0, 1], 12)
    assert first["crossed95"][0] <= first["seed95"][0] < 0.5 < first["seed95"][1]
    assert {"setting": "seed", "values": ["0", "1"]} in said["differences"]
