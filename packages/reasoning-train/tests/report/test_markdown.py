from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from reasoning_train.report.load import load_run
from reasoning_train.report.markdown import as_markdown, plain
from reasoning_train.report.page import make_report

MakeRun = Callable[..., Path]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_one_run(make_run: MakeRun) -> None:
    text = as_markdown(make_report([load_run(make_run())]))
    said, _, table = text.partition("\n\n")
    assert said.startswith("GRPO was not shown to help or harm: 4 problems newly right, 1 newly")
    lines = table.splitlines()
    assert cells(lines[0])[:4] == ["", "n", "Accuracy", "Accuracy, lenient"]
    assert cells(lines[4])[:2] == ["GRPO", "12"]
    assert cells(lines[4])[2:4] == ["75.0 %", "75.0 % (46.8 to 91.1 %)"]
    assert len({line.count(" | ") for line in lines[:5]}) == 1
    assert "- GRPO − SFT: +25.0 points, 95 % CI" in text
    assert "- Lenient: GRPO − SFT: +25.0 points" in text
    assert "Warnings" not in text


def test_several_seeds_are_one_table(make_run: MakeRun) -> None:
    roots = [make_run(f"seed-{seed}", flags=["--seed", str(seed)]) for seed in (0, 1, 2)]
    (roots[1] / "metrics.jsonl").write_text("{\n{\n")
    text = as_markdown(make_report([load_run(root) for root in roots]))
    assert text.startswith("means over 3 seeds (0, 1, 2), n = 12 problems each; intervals over")
    assert text.count("\n| GRPO | 3 |") == 1
    assert "- GRPO − SFT over 3 seeds (0, 1, 2): +25.0 points" in text
    assert "- **2 damaged lines were skipped** (seed-1). 2 in metrics.jsonl" in text


def test_a_run_of_other_settings_has_its_own_row(make_run: MakeRun) -> None:
    runs = [load_run(make_run(f"seed-{seed}", flags=["--seed", str(seed)])) for seed in (0, 1)]
    other = load_run(make_run("other", flags=["--grpo.temperature", "0.7"]))
    text = as_markdown(make_report([*runs, other]))
    assert "| other GRPO | 12 |" in text
    assert "seed-0 GRPO |" not in text
    assert "- other GRPO − other SFT: +25.0 points" in text


def test_without_an_evaluation(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("seed = 3\n")
    assert as_markdown(make_report([load_run(tmp_path)])).startswith("No evaluation yet.")


def test_names_do_not_become_markup(make_run: MakeRun) -> None:
    run = load_run(make_run())
    named = replace(run.evaluations[2], name="<b>|x|`\n# y")
    text = as_markdown(make_report([replace(run, evaluations=(*run.evaluations[:2], named))]))
    assert "| &lt;b&gt;\\|x\\|\\` # y | 12 |" in text
    assert plain("[a](b) *c*") == "\\[a\\](b) \\*c\\*"
