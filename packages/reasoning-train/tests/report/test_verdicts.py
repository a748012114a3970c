import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reasoning_train.report.describe import as_dict, lines
from reasoning_train.report.findings import Level, findings
from reasoning_train.report.load import load_run
from reasoning_train.report.page import make_report, render
from reasoning_train.report.verdicts import run_verdict
from reasoning_train.report.write import compare_runs

MakeRun = Callable[..., Path]
RIGHT, WRONG = [True] * 12, [False] * 12


def add_best(root: Path, right: int) -> None:
    """Add an evaluation of the base with the raw prompt: `right` answers, none inside the tags."""
    folder = root / "evaluation"
    rows = [json.loads(s) for s in (folder / "base.predictions.jsonl").read_text().splitlines()]
    for place, row in enumerate(rows):
        row |= {"completion": row["gold"], "correct_lenient": place < right, "correct": False}
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "base-raw.predictions.jsonl").write_text(text)
    held = {"n": 12, "accuracy": 0.0, "accuracy_lenient": right / 12, "prompt_format": "raw"}
    (folder / "base-raw.json").write_text(json.dumps({**held, "seed": 0}))
    base = json.loads((folder / "base.json").read_text())
    base["best_prompt"] = {"format": "raw", "accuracy": right / 12, "evaluation": "base-raw"}
    (folder / "base.json").write_text(json.dumps(base))


def test_examples_are_the_problems_whose_outcome_changed(make_run: MakeRun) -> None:
    found = run_verdict(load_run(make_run()))
    assert (found.before, found.after) == ("SFT", "GRPO")
    assert (len(found.gained), len(found.lost)) == (3, 1)  # of four and one
    assert all(f"<answer>{e.gold}</answer>" in e.after for e in found.gained)
    assert all("<answer>-1</answer>" in e.after for e in found.lost)
    assert found.lost[0].question.endswith("?")


def test_gains_are_stated_against_the_best_the_base_can_do(make_run: MakeRun) -> None:
    root = make_run()
    add_best(root, right=11)
    report = make_report([load_run(root)])
    assert [e.label for e in report.entries] == ["Base", "Base, raw prompt", "SFT", "GRPO"]
    main = [pair.sentence for pair in report.pairs if pair.main]
    assert [s.split(":")[0] for s in main] == [
        "SFT − Base, raw prompt", "GRPO − SFT", "GRPO − Base, raw prompt"
    ]  # fmt: skip
    assert main[2].startswith("GRPO − Base, raw prompt: −16.7 points")
    assert main[2].endswith(", counting final answers anywhere")
    assert [dot.value.split()[0] for dot in report.dots[0].dots] == ["0.0", "91.7", "50.0", "75.0"]
    page = render(report)
    assert "Asked in the raw form the base gets 91.7 % of 12 problems right" in page
    assert "are form: the skill was in the base." in page
    (below,) = [f for f in report.findings if f.level is Level.CAUTION]
    assert below.title == "GRPO solves fewer problems than the base with its best prompt"


def test_a_base_at_its_best_in_the_schema_changes_nothing(make_run: MakeRun) -> None:
    root = make_run()
    path = root / "evaluation" / "base.json"
    best = {"format": "schema", "evaluation": "base"}
    path.write_text(json.dumps({**json.loads(path.read_text()), "best_prompt": best}))
    report = make_report([load_run(root)])
    assert "SFT − Base: +50.0 points" in next(lines(report)) + report.pairs[0].sentence


def test_a_policy_made_worse_is_serious_everywhere(make_run: MakeRun, tmp_path: Path) -> None:
    root = make_run(outcomes={"base": WRONG, "sft": RIGHT, "grpo": WRONG})
    folder = root / "export" / "safetensors"
    folder.mkdir(parents=True)
    held = {"checkpoint": {"stage": "actor", "step": 4}}
    (folder / "export.json").write_text(json.dumps(held))
    written = compare_runs([root], tmp_path / "x.html")
    said = as_dict(written)
    worse = "GRPO made the model worse: 100.0 → 0.0 %, p < .001; the export holds GRPO, step 4."
    assert said["verdicts"][0]["serious"] == [
        worse, "GRPO has not one of 12 problems right; the export holds GRPO, step 4."
    ]  # fmt: skip
    assert [w["title"] for w in said["warnings"] if w["level"] == "serious"] == [
        "GRPO made the model worse",
        "GRPO has not one of 12 problems right; the export holds GRPO, step 4",
    ]
    page = written.path.read_text()
    assert page.index(worse.replace("<", "&lt;")) < page.index('id="warnings"')


@pytest.mark.parametrize(
    ("change", "level", "title"),
    [
        (
            {"eval_problems": 20},
            Level.CAUTION,
            "Only 12 of the 20 requested held-out problems are present",
        ),
        ({"eval_problems": 12}, None, ""),
    ],
)
def test_held_out_problems_that_are_missing_are_said(
    make_run: MakeRun, change: dict[str, int], level: Level | None, title: str
) -> None:
    run = load_run(make_run(flags=["--data.eval-problems", str(change["eval_problems"])]))
    found = [(f.level, f.title) for f in findings(run) if "requested" in f.title]
    assert found == ([] if level is None else [(level, title)])


def test_rows_that_were_refused_are_said_with_the_reason(make_run: MakeRun) -> None:
    root = make_run()
    path = root / "data" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest |= {"steps": [["read", 40], ["sound", 30]], "rejected": {"prompt too long": 10}}
    path.write_text(json.dumps(manifest))
    (found,) = [f for f in findings(load_run(root)) if "of the rows" in f.title]
    assert found.title == "25% of the rows were left out of the data"
    assert "prompt too long 10" in found.text


def test_confidences_that_nobody_stated(make_run: MakeRun) -> None:
    root = make_run()
    for path in (root / "evaluation").glob("*.jsonl"):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        text = "".join(json.dumps({**row, "stated_confidence": None}) + "\n" for row in rows)
        path.write_text(text)
    run = load_run(root)
    assert "No completion states a confidence" in [f.title for f in findings(run)]
    page = render(make_report([run]))
    assert "Confidence: not stated." in page
    assert "ECE" not in page.partition("</main>")[0].partition("<main")[2]
