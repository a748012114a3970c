import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reasoning_data import Cleaning, DataError, prepare_training_data, verify


@pytest.fixture(params=["parquet", "jsonl"])
def build(request, problems, tmp_path):
    prepare_training_data(
        {"grpo": problems[:6], "sft": problems[6:9]},
        tmp_path / "out",
        cleaning=Cleaning(near_threshold=0, ngram=0),
        file_format=request.param,
    )
    return tmp_path / "out"


def edit(build, change):
    """Rewrite the grpo file with its rows changed."""
    path = next(build.glob("grpo.*"))
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        pq.write_table(pa.Table.from_pylist(change(table.to_pylist()), schema=table.schema), path)
    else:
        rows = change([json.loads(line) for line in path.read_text().splitlines()])
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path.name


def gold_changed(rows):
    return [{**row, "gold": "0"} if row["id"] == "made:3" else row for row in rows]


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (gold_changed, "row 'made:3' was changed"),
        (lambda rows: rows[:2] + rows[3:], "row 'made:2' was removed"),
        (lambda rows: [*rows, {**rows[0], "id": "new"}], "row 'new' was added"),
        (lambda rows: [rows[1], rows[0], *rows[2:]], "the order of the rows differs from row 1 on"),
    ],
    ids=["changed", "removed", "added", "moved"],
)
def test_the_row_that_was_touched_is_named(build, change, finding):
    assert verify(build) == []
    name = edit(build, change)
    assert verify(build) == [f"{name}: its SHA-256 is not the manifest's", f"{name}: {finding}"]


def test_many_touched_rows_are_cut_short(problems, tmp_path):
    prepare_training_data({"grpo": problems}, tmp_path / "out")
    edit(tmp_path / "out", lambda rows: [{**row, "gold": "0"} for row in rows])
    assert verify(tmp_path / "out")[-1] == "grpo.parquet: and 20 more rows"


def test_a_file_written_anew_with_the_same_rows_says_so(build):
    name = edit(build, lambda rows: rows)
    if name.endswith(".parquet"):
        assert verify(build) == [
            f"{name}: its SHA-256 is not the manifest's; no row differs, only the file does"
        ]


def test_missing_unknown_and_unreadable_files(build):
    (build / "rejects.jsonl").unlink()
    (build / "notes.txt").write_text("mine")
    name = next(build.glob("grpo.*")).name
    (build / name).write_bytes(b"PAR1 not any more")
    found = verify(build)
    assert found[:2] == ["rejects.jsonl: missing", "notes.txt: not in the manifest"]
    assert found[2].startswith(f"{name}: its SHA-256 is not the manifest's, and it cannot be read:")


def test_changed_digests_are_seen(build):
    path = build / "digests.parquet"
    path.write_bytes(path.read_bytes() + b"x")
    assert verify(build) == ["digests.parquet: its SHA-256 is not the manifest's"]


def test_no_build_and_a_damaged_manifest(tmp_path):
    with pytest.raises(DataError, match="no build in"):
        verify(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(DataError, match="damaged"):
        verify(tmp_path)
