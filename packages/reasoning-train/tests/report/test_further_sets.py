import json
import shutil
from pathlib import Path

import pytest

from reasoning_train.report.describe import lines
from reasoning_train.report.load import load_run
from reasoning_train.report.markdown import as_markdown
from reasoning_train.report.page import make_report, render

from .conftest import MakeRun


@pytest.fixture
def two_sets(make_run: MakeRun) -> Path:
    """A run on two held-out sets; the second one has the outcomes of the first."""
    root = make_run()
    for name in ("first", "second"):
        shutil.copytree(root / "data", root / "held_out" / name)
    (root / "held_out" / "sets.json").write_text('["first", "second"]')
    further = root / "evaluation" / "sets" / "second"
    further.mkdir(parents=True)
    for path in (root / "evaluation").glob("*.json*"):
        shutil.copy(path, further)
    return root


def test_a_further_set_has_figures_and_tests_of_its_own(two_sets: Path) -> None:
    run = load_run(two_sets)
    assert [found.name for found in run.further] == ["second"]
    assert run.further[0].held_out.problems == run.held_out.problems
    report = make_report([run])
    (found,) = report.further
    assert found.table == report.table
    assert [pair.sentence for pair in found.pairs] == [pair.sentence for pair in report.pairs]
    page = render(report)
    assert "Held-out set second</h2>" in page
    assert page.count(report.pairs[0].sentence.replace("<", "&lt;")) >= 2
    assert "Held-out set second:" in as_markdown(report)
    assert any(line.startswith("second: GRPO − SFT") for line in lines(report))


def test_without_further_sets_nothing_is_said_of_any(make_run: MakeRun) -> None:
    report = make_report([load_run(make_run())])
    assert report.further == ()
    assert "Held-out set" not in render(report)
    assert "Held-out set" not in as_markdown(report)


def test_a_further_set_that_is_damaged_is_named(two_sets: Path) -> None:
    (two_sets / "evaluation" / "sets" / "second" / "sft.json").write_text("{")
    (two_sets / "held_out" / "sets.json").write_text("[")
    said = load_run(two_sets).unreadable
    assert any("second: evaluation/sft.json is damaged" in line for line in said)
    assert any("sets.json" in line for line in said)


def test_the_held_out_problems_are_those_of_the_first_set(two_sets: Path) -> None:
    names = json.loads((two_sets / "held_out" / "sets.json").read_text())
    shutil.rmtree(two_sets / "data")
    assert names[0] == "first"
    (two_sets / "data").mkdir()
    shutil.copy(two_sets / "held_out" / "first" / "manifest.json", two_sets / "data")
    assert load_run(two_sets).held_out.problems
