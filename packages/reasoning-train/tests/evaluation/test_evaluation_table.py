import json
import re
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from reasoning_train.evaluation.evaluation_table import print_figures

Evaluate = Callable[..., Path]


def shown(path: Path) -> str:
    """What the terminal shows of an evaluation."""
    with (path.parent / "shown.txt").open("w") as file:
        console = Console(width=80, record=True, file=file)
        print_figures(json.loads(path.read_text()), path, console)
    return console.export_text()


def test_figures_with_n_and_seed(evaluate: Evaluate, tmp_path: Path) -> None:
    path = evaluate(tmp_path, "sft", [True] * 4 + [False] * 4, seed=3, checkpoint="sft/50")
    text = shown(path)
    assert text.startswith("sft: m sft/50, n = 8, seed 3, prompt format schema\n")
    assert re.search(r"accuracy, in the tags +50\.0 % +21\.5 to 78\.5", text)
    assert re.search(r"confidence +not stated", text)
    assert "ECE" not in text
    assert re.search(r"  structure +0\.", text)
    assert "warning" not in text


def test_reward_hacking_is_warned_about(evaluate: Evaluate, tmp_path: Path) -> None:
    path = evaluate(tmp_path, "sft", [True] * 8, checkpoint="")
    predictions = path.with_suffix(".predictions.jsonl")
    rows = [json.loads(line) for line in predictions.read_text().splitlines()]
    hacked = [json.dumps({**row, "completion": "<answer>-1</answer>"}) for row in rows]
    predictions.write_text("\n".join(hacked) + "\n")
    assert "warning: 8 of 8 completions that the reward calls right" in shown(path)
