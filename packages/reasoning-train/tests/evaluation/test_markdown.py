from collections.abc import Callable
from pathlib import Path

from reasoning_export.card.headline import SERIOUS
from reasoning_train.evaluation.markdown import markdown_table, write_markdown

Evaluate = Callable[..., Path]


def test_the_stages_in_order_with_differences(evaluate: Evaluate, tmp_path: Path) -> None:
    evaluate(tmp_path, "grpo", [True] * 8)
    evaluate(tmp_path, "base", [False] * 8)
    evaluate(tmp_path, "sft", [True] * 4 + [False] * 4)
    evaluate(tmp_path, "base-plain", [False] * 8)
    text = markdown_table(tmp_path)
    names = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    assert names == ["model", "---", "base", "base-plain", "sft", "grpo"]
    assert "| sft | 8 | 50.0 (21.5–78.5) |" in text
    assert "- SFT − BASE: +50.0 points" in text
    assert "- GRPO − SFT: +50.0 points" in text
    assert "Seed 0" in text
    assert {line.count("|") for line in text.splitlines() if line.startswith("|")} == {14}


def test_what_is_serious_is_marked_for_the_card(evaluate: Evaluate, tmp_path: Path) -> None:
    evaluate(tmp_path, "sft", [True] * 9)
    evaluate(tmp_path, "grpo", [False] * 9)
    marked = [x for x in markdown_table(tmp_path).splitlines() if x.startswith(SERIOUS)]
    assert [line.removeprefix(SERIOUS).partition(":")[0] for line in marked] == [
        "GRPO made the model worse",
        "GRPO has not one of 9 problems right.",
    ]


def test_sampled_columns(evaluate: Evaluate, tmp_path: Path) -> None:
    evaluate(tmp_path, "sft", [True] * 4)
    path = evaluate(tmp_path, "grpo", [True] * 4)
    figures = (
        '"samples": 8, "temperature": 0.7, "pass_at_k": {"8": 0.5}, "maj_at_k": {"8": 0.25}, '
        '"ci95": {"pass_at_8": [0.4, 0.6], "maj_at_8": [0.2, 0.3], '
    )
    path.write_text(path.read_text().replace('"ci95": {', figures))
    text = markdown_table(tmp_path)
    assert "| pass@8 % | maj@8 % |" in text
    assert "| 50.0 (40.0–60.0) | 25.0 (20.0–30.0) |" in text
    assert "| — | — |" in text
    assert "temperature 0.7" in text


def test_what_cannot_be_read_is_named_and_the_rest_is_shown(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    evaluate(tmp_path, "sft", [True] * 4)
    evaluate(tmp_path, "grpo", [True] * 3)
    (tmp_path / "base.json").write_text('{"n": 3')
    write_markdown(tmp_path)
    text = (tmp_path / "summary.md").read_text()
    assert "Left out: " in text
    assert "base.json' cannot be read" in text
    assert "sft and grpo are not compared: " in text
    assert "they share 3 of 4 and 3 problems" in text


def test_nothing_to_show(tmp_path: Path) -> None:
    assert markdown_table(tmp_path) == "No evaluation.\n"
