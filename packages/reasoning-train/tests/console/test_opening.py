from dataclasses import replace
from pathlib import Path

from reasoning_data import generate_arithmetic, prepare_training_data
from reasoning_train.config import load_config
from reasoning_train.console.opening import opening_line, row_lines
from reasoning_train.run_dir.directory import State, open_run


def test_the_first_line_says_what_will_happen(tmp_path: Path) -> None:
    config = load_config(preset="tiny")
    run = open_run(tmp_path / "run", config)
    line = opening_line(config, run, ["TPU v5 lite"] * 8)
    assert line == (
        "tiny-gemma3 on 8 × TPU v5 lite: SFT for 21 updates of 32 rows, GRPO for 30 updates of "
        f"32 × 8 completions; saved in {run.root}"
    )
    run.write_state(State(done=("data", "base", "sft")))
    assert "32 rows (done), GRPO" in opening_line(config, run, ["cpu"])


def test_rows_are_counted_and_few_held_out_problems_are_warned_of(tmp_path: Path) -> None:
    problems = generate_arithmetic(30, seed=0)
    splits = {"sft": problems[:10], "grpo": problems[10:20], "eval": problems[20:]}
    manifest = prepare_training_data(splits, tmp_path / "data", style="bare", seed=0)
    config = load_config(preset="tiny", flags=["--data.eval-problems", "10"])
    assert row_lines(manifest, config, {}) == ["data: 10 rows for SFT, 10 for GRPO, 10 held out"]
    short = replace(
        manifest,
        splits={"sft": 10, "grpo": 8, "eval": 7},
        rejected={"prompt_too_long": 3, "no_gold": 2},
    )
    _, left_out, warning = row_lines(short, config, {})
    assert left_out == "left out: 5 of 30 rows (3 prompt too long, 2 no gold)"
    assert warning.startswith("warning: only 7 held-out problems instead of data.eval_problems 10")


def test_the_rows_of_each_evaluation_set_are_counted(tmp_path: Path) -> None:
    problems = generate_arithmetic(30, seed=0)
    manifest = prepare_training_data({"sft": problems}, tmp_path / "data", style="bare")
    sets = {
        "own": prepare_training_data({"eval": problems[:9]}, tmp_path / "own", style="bare"),
        "other": prepare_training_data({"eval": problems[9:]}, tmp_path / "other", style="bare"),
    }
    config = load_config(preset="tiny", flags=["--data.eval-problems", "10"])
    (first,) = row_lines(manifest, config, sets)  # nine is all that the set has
    assert first == "data: 30 rows for SFT, 0 for GRPO, 9 own, 21 other held out"
    sets["own"] = replace(sets["own"], rejected={"prompt_too_long": 4})
    _, left_out, warning = row_lines(manifest, config, sets)
    assert left_out == "left out of own: 4 of 9 rows (4 prompt too long)"
    assert warning.startswith("warning: only 9 held-out problems of own instead of")
