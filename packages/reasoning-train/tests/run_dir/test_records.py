import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reasoning_train.run_dir.records import Tally, as_number, finite, iter_records, number, text


def read(path: Path) -> tuple[list[dict[str, object]], int]:
    tally = Tally()
    return list(iter_records(path, tally)), tally.skipped


@pytest.mark.parametrize(
    "bad",
    [
        b'{"step": 2, "val',
        b'{"text": "caf\xc3',
        b"[1, 2]",
        b"7",
        b"[" * 100_000,
        b'{"n": ' + b"9" * 5000 + b"}",
        b"\x00\x00",
    ],
    ids=["half", "half a letter", "list", "number", "deep", "long number", "zeros"],
)
def test_a_damaged_line_is_passed_over_and_counted(tmp_path: Path, bad: bytes) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b'{"a": 1}\n\n' + bad + b'\n{"b": 2}')
    assert read(path) == ([{"a": 1}, {"b": 2}], 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary())
def test_whatever_bytes_there_are_every_line_is_read_or_counted(
    tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(data)
    records, skipped = read(path)
    assert len(records) + skipped == sum(bool(line.strip()) for line in data.split(b"\n"))


def test_numbers_are_numbers() -> None:
    record = json.loads('{"a": 1, "nan": NaN, "yes": true, "s": "1", "big": 1' + "0" * 400 + "}")
    assert number(record, "a") == 1.0
    assert number(record, "big") == float("inf")
    assert [number(record, key) for key in ("yes", "s", "none")] == [None] * 3
    assert finite(record, "nan") is None
    assert as_number(float("inf")) == float("inf")
    assert text(record, "s") == "1"
    assert text(record, "a") == ""
