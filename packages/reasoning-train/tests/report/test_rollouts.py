from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from reasoning_train.report.rollouts import read_rollouts

LINE = {
    "id": "a", "prompt": "?", "gold": "5", "total": 0.9, "correctness": 1.0, "structure": 1.0,
    "confidence": 0.5, "status": "well_formed", "completion": "<answer>5</answer>",
}  # fmt: skip

NEWER = ("tokens", "finished", "fault")


def write(folder: Path, step: int, *lines: dict[str, object]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{step:06d}.parquet"
    pq.write_table(pa.Table.from_pylist([{**dict.fromkeys(NEWER), **x} for x in lines]), path)
    return path


def test_a_step_has_its_means_both_readings_and_its_first_group(tmp_path: Path) -> None:
    hacked = {**LINE, "completion": "<answer>7</answer>"}
    write(tmp_path, 1, LINE, hacked, {**LINE, "id": "b"})
    (step,) = read_rollouts(tmp_path)
    assert (step.step, step.rows, step.characters) == (1, 3, 18.0)
    assert (step.tokens, step.cut) == (None, None)
    assert [row.id for row in step.group] == ["a", "a"]
    assert [row.hacked for row in step.group] == [False, True]
    assert step.agreement is not None
    assert [d.completion for d in step.agreement.disagreements] == ["<answer>7</answer>"]


def test_newer_files_hold_lengths_and_ends(tmp_path: Path) -> None:
    write(
        tmp_path,
        2,
        {**LINE, "tokens": 10, "finished": True},
        {**LINE, "tokens": 20, "finished": False, "fault": "f took over 10 s"},
    )
    (step,) = read_rollouts(tmp_path)
    assert (step.tokens, step.cut) == (15.0, 0.5)
    assert [row.tokens for row in step.group] == [10.0, 20.0]
    assert step.group[1].fault == "f took over 10 s"


def test_damage_is_counted_and_a_file_that_was_mended_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, 1, LINE)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    (step,) = read_rollouts(tmp_path)
    assert (step.rows, step.skipped, step.group) == (0, 1, ())
    path.write_bytes(whole)
    (step,) = read_rollouts(tmp_path)
    assert (step.rows, step.skipped) == (1, 0)
    write(tmp_path, 1, LINE, LINE, {"id": "no completion"})
    (step,) = read_rollouts(tmp_path)
    assert (step.rows, step.skipped) == (2, 1)


def test_other_files_and_no_folder(tmp_path: Path) -> None:
    (tmp_path / "notes.parquet").write_text("")
    (tmp_path / ".000001.parquet.tmp").write_text("")
    assert read_rollouts(tmp_path) == []
    assert read_rollouts(tmp_path / "none") == []
