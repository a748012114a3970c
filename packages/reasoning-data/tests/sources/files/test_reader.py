import gzip
import json

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reasoning_data import DataError
from reasoning_data.errors import Reason
from reasoning_data.sources.files.reader import hub_rows, read_rows

ROWS = [{"question": "1+1?", "answer": "2"}, {"question": "2+2?", "answer": "4"}]


def as_tuples(rows):
    return [(row.line, row.reason, row.fields) for row in rows]


def test_one_bad_line_does_not_stop_the_others_and_keeps_its_number(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(
        b"\xef\xbb\xbf"
        + json.dumps(ROWS[0]).encode()
        + b'\n{"question": "broken\n\n"not an object"\n{"q": "\xff\xfe"}\n'
        + b'{"q": "'
        + b"x" * 300
        + b'"}\n'
        + json.dumps(ROWS[1]).encode()
    )
    rows = list(read_rows(path, max_row_bytes=200))
    assert as_tuples(rows) == [
        (1, None, ROWS[0]),
        (2, Reason.BROKEN_ROW, None),
        (4, Reason.BROKEN_ROW, None),
        (5, Reason.WRONG_ENCODING, None),
        (6, Reason.ROW_TOO_LONG, None),
        (7, None, ROWS[1]),
    ]
    assert rows[1].origin == "rows.jsonl:2"
    assert "309 bytes" not in rows[4].detail
    assert "310 bytes" in rows[4].detail


def test_deeply_nested_json_is_a_broken_row(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("[" * 100_000 + "\n" + json.dumps(ROWS[0]))
    assert [row.reason for row in read_rows(path)] == [Reason.BROKEN_ROW, None]


def test_every_format_gives_the_same_rows(tmp_path):
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    (tmp_path / "a.jsonl").write_text(lines)
    (tmp_path / "b.json").write_text(json.dumps(ROWS))
    (tmp_path / "c.json").write_text(lines)
    (tmp_path / "d.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    (tmp_path / "e.csv").write_text("question,answer\n1+1?,2\n2+2?,4\n")
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "f.parquet")
    for path in sorted(tmp_path.iterdir()):
        assert [row.fields for row in read_rows(path)] == ROWS, path.name


PRETTY = json.dumps(ROWS, indent=2)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", PRETTY),
        ("a.jsonl", PRETTY),
        ("a.json", "\ufeff\n" + PRETTY),
        ("a.json", "\n".join(json.dumps(row, indent=4) for row in ROWS) + "\n"),
        ("a.jsonl", json.dumps(ROWS)),
        ("a.json", json.dumps({"version": 1, "data": ROWS}, indent=1)),
        ("a.json", json.dumps({"rows": [{"row_idx": 0, "row": row} for row in ROWS]})),
        ("a.json.gz", PRETTY),
    ],
)
def test_json_may_be_printed_over_several_lines(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    assert [row.fields for row in read_rows(path)] == ROWS


def test_a_single_object_is_one_row_and_its_messages_are_none(tmp_path):
    path = tmp_path / "a.json"
    row = {"messages": [{"role": "user", "content": "1+1?"}], "answer": "2"}
    path.write_text(json.dumps(row, indent=2))
    assert [found.fields for found in read_rows(path)] == [row]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.json", "a.parquet"])
def test_compression_is_told_by_the_content(tmp_path, name):
    plain = tmp_path / name
    if name.endswith("csv"):
        plain.write_text("question,answer\n1+1?,2\n2+2?,4\n")
    elif name.endswith("parquet"):
        pq.write_table(pa.Table.from_pylist(ROWS), plain)
    else:
        plain.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    content = plain.read_bytes()
    (tmp_path / f"{name}.gz").write_bytes(content)
    assert [row.fields for row in read_rows(tmp_path / f"{name}.gz")] == ROWS
    for path in (plain, tmp_path / f"{name}.gz"):
        path.write_bytes(gzip.compress(content))
        assert [row.fields for row in read_rows(path)] == ROWS


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz", "a.json.gz"])
@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (lambda content: content[:-20], "is cut off after row"),
        (lambda content: content[:5], "is cut off after row 0"),
        (lambda content: content[:-8] + b"12345678", "is damaged"),
        (lambda content: content[:30] + b"\0\0\0\0" + content[34:], "is damaged"),
    ],
)
def test_a_compressed_file_must_be_whole(tmp_path, name, damage, fault):
    rows = [{"question": f"{i} + {i * i}?", "answer": str(i + i * i)} for i in range(2000)]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if name.startswith("a.csv"):
        text = "question,answer\n" + "".join(f"{r['question']},{r['answer']}\n" for r in rows)
    path = tmp_path / name
    path.write_bytes(damage(gzip.compress(text.encode())))
    with pytest.raises(DataError, match=fault):
        list(read_rows(path))


def test_lines_of_a_csv_file_count_quoted_line_breaks(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b'question,answer\n"two\nlines?",1\n\xff?,2\nshort\na,b,c\nlast?,3\n')
    assert [(row.line, row.reason) for row in read_rows(path)] == [
        (2, None),
        (4, Reason.WRONG_ENCODING),
        (5, Reason.BROKEN_ROW),
        (6, Reason.BROKEN_ROW),
        (7, None),
    ]


def test_an_item_of_an_array_that_is_no_object_is_a_broken_row(tmp_path):
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([ROWS[0], 7]))
    assert as_tuples(read_rows(path)) == [(1, None, ROWS[0]), (2, Reason.BROKEN_ROW, None)]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.txt", b"", "cannot tell the format of 'rows.txt'"),
        ("rows.json", b"[1, 2", "rows.json is not a JSON array"),
        ("rows.parquet", b"PAR1 and then nothing", "rows.parquet is not a Parquet file"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_says_so(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        list(read_rows(tmp_path / name))


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_rows(tmp_path / "rows.jsonl")


@pytest.fixture
def hub_folder(tmp_path):
    """A folder as the hub holds a data set: a card with configurations, and Parquet shards."""
    folder = tmp_path / "some-set"
    for config, rows in (("main", ROWS), ("socratic", ROWS[:1])):
        (folder / config).mkdir(parents=True)
        datasets.Dataset.from_list(rows).to_parquet(
            str(folder / config / "train-00000-of-00001.parquet")
        )
    (folder / "README.md").write_text(
        "---\nconfigs:\n"
        "- config_name: main\n  data_files:\n  - split: train\n    path: main/train-*\n"
        "- config_name: socratic\n  data_files:\n  - split: train\n    path: socratic/train-*\n"
        "---\n"
    )
    return folder


def test_a_folder_in_the_hubs_layout_is_streamed(hub_folder):
    rows = list(hub_rows(str(hub_folder), "main", "train", None))
    assert [row.fields for row in rows] == ROWS
    assert [row.origin for row in rows] == ["some-set/train:1", "some-set/train:2"]
    assert len(list(hub_rows(str(hub_folder), "socratic", "train", None))) == 1


@pytest.mark.parametrize(("config", "split"), [("main", "tset"), ("mian", "train")])
def test_a_wrong_split_or_configuration_says_so(hub_folder, config, split):
    with pytest.raises(DataError, match="cannot load split"):
        list(hub_rows(str(hub_folder), config, split, None))
