"""What a file of rows may be: its content says it, not its name."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards import RewardError
from reasoning_rewards.rollouts.records import read_records

ROWS = [{"id": 1, "text": "a\u2028b"}, {"id": 2, "text": "é"}, {"id": 3, "nested": {"x": [1]}}]
LINES = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode()


def rows(path: Path) -> list[dict[str, object]]:
    return [row for _, row in read_records(path).rows]


CONTENTS = {
    "lines": LINES,
    "no line end": LINES.rstrip(),
    "windows": LINES.replace(b"\n", b"\r\n"),
    "blank lines": b"\n\n" + LINES,
    "byte order mark": b"\xef\xbb\xbf" + LINES,
    "array": json.dumps(ROWS).encode(),
    "indented": json.dumps(ROWS, indent=2).encode(),
    "indented, byte order mark": b"\xef\xbb\xbf\n" + json.dumps(ROWS, indent=2).encode(),
    "gzip": gzip.compress(LINES),
    "two gzip members": gzip.compress(LINES[:-1]) + gzip.compress(b"\n"),
    "gzip array": gzip.compress(json.dumps(ROWS).encode()),
}


# gzip writes the time into its header: in a test's name it would name another test each time.
@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json", "rows.jsonl.gz"])
def test_the_content_says_what_it_is(content: bytes, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    records = read_records(path)
    assert [row for _, row in records.rows] == ROWS
    assert records.notes == []


def test_one_object_over_several_lines(tmp_path: Path) -> None:
    path = tmp_path / "row.json"
    path.write_text(json.dumps(ROWS[0], indent=2))
    assert rows(path) == ROWS[:1]


@given(st.integers(1, len(LINES.splitlines()[-1]) - 1))
def test_a_last_line_that_is_cut_off_is_left_out(cut: int) -> None:
    records = _read(LINES[: -1 - cut])
    assert [row for _, row in records.rows] == ROWS[:2]
    (note,) = records.notes
    assert ":3: the last line is cut off" in note


def test_a_line_cut_within_a_letter_is_left_out() -> None:
    cut = LINES[: LINES.index("é".encode()) + 1]
    assert len(_read(cut).rows) == 1


MANY = [{"id": n, "text": hashlib.sha256(bytes([n])).hexdigest()} for n in range(200)]
COMPRESSED = gzip.compress("".join(json.dumps(row) + "\n" for row in MANY).encode(), mtime=0)


@given(st.integers(len(COMPRESSED) // 10, len(COMPRESSED) - 1))
def test_of_a_gzip_file_that_is_cut_off_the_rest_is_used(cut: int) -> None:
    records = _read(COMPRESSED[:cut])
    assert "is cut off: the rows before the cut are used" in records.notes[0]
    assert [row for _, row in records.rows] == MANY[: len(records.rows)]
    assert len(records.rows) >= 200 * cut // len(COMPRESSED) - 40


@pytest.mark.parametrize("cut", range(1, 120))
def test_of_a_gzip_file_that_ends_in_its_first_row_the_cut_is_said(cut: int) -> None:
    data = gzip.compress(json.dumps(MANY[0]).encode(), mtime=0)
    if 2 < cut < len(data) - 12:
        with pytest.raises(RewardError, match=r"no rows: .*is cut off"):
            _read(data[:cut])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no rows"),
        (b"[]", "no rows"),
        (b"{}\nnot json\n{}\n", r":2: not JSON"),
        (b"{}\nnot json", r":2: not JSON"),
        (b'{}\n{"a": 1,}', r":2: not JSON"),  # wrong, but whole
        (b'{"a": 1\n', r":1: not JSON"),  # nothing else to score
        (b'{"a": 1}\n3\n', r":2: a JSON object is expected, not '3'"),
        (b'[{"a": 1}, 3]', r":2: a JSON object is expected, not '3'"),
        (b'[{"a": 1}, {"a"', r":1: not JSON"),
        ('{"a": "é"}\n'.encode("latin-1"), r":1: not UTF-8 \(byte 0xe9 at 8\).*iconv"),
        ('{"a": 1}\n'.encode("utf-16"), r"is UTF-16, not UTF-8: convert it with iconv"),
        ('{"a": 1}\n'.encode("utf-16-le"), r"NUL bytes"),
        (b"PK\x03\x04\x14\x00\x00\x00", r"NUL bytes"),
        (b"PAR1", r"no whole Parquet file"),
        (b"\x1f\x8b\x08\x00" + b"x" * 50, r"damaged: gzip cannot read it"),
        (b'{"a": ' * 5_000, r":1: not JSON"),
        (b"[" * 5_000, r":1: not JSON"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(content: bytes, message: str) -> None:
    with pytest.raises(RewardError, match=message) as raised:
        _read(content)
    assert "\n" not in str(raised.value)


def test_a_folder_without_rollouts_is_named(tmp_path: Path) -> None:
    with pytest.raises(RewardError, match="no Parquet and no JSON-lines files"):
        read_records(tmp_path)


def _read(content: bytes):  # type: ignore[no-untyped-def]
    """hypothesis allows no fixture of a function's scope."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        path.write_bytes(content)
        return read_records(path)
