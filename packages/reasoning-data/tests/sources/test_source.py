import json

import pytest

from reasoning_data import DataError
from reasoning_data.errors import Reason, Reject
from reasoning_data.sources.source import Source, parse_source


def rows_file(tmp_path, *rows):
    path = tmp_path / "some rows, mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def items(source):
    return list(source.items(max_row_bytes=1 << 20))


def test_a_source_is_a_kind_a_location_and_options(tmp_path):
    path = rows_file(tmp_path, {"q": "1+1?", "a": 2}, {"q": "2+2?"}, {"q": "3+3?", "a": 6})
    source = parse_source(
        f"rows:{path},name=mine,limit=2,split=grpo", {"question": "q", "answer": "a"}
    )
    first, second = items(source)
    assert (first.problem.id, first.origin) == ("mine:1", "some rows, mine.jsonl:1")
    assert (first.problem.source, first.problem.license) == ("mine", "unknown")
    assert first.split == "grpo"
    assert isinstance(second, Reject)
    assert (second.id, second.reason, second.split) == ("mine:2", Reason.MISSING_FIELD, "grpo")
    assert second.origin == "some rows, mine.jsonl:2"


def test_without_a_kind_it_is_rows(tmp_path):
    path = rows_file(tmp_path, {"question": "1+1?", "answer": "2"})
    assert parse_source(str(path), {}).kind == "rows"


def test_the_generator_needs_no_location():
    source = parse_source("arithmetic,limit=7,seed=3,held_out=true", {})
    assert (source.limit, source.seed, source.held_out) == (7, 3, True)
    assert len(items(source)) == 7


@pytest.mark.parametrize("start", ["arithmetic:", "arithmetic,"])
def test_the_generator_takes_steps_and_may_begin_later(start):
    later = items(parse_source(f"{start}steps=1,limit=9,skip=4", {}))
    whole = items(parse_source("arithmetic:steps=1,limit=13", {}))
    assert later == whole[4:]
    assert {item.problem.rationale.count("=") for item in later} == {1}


def test_generators_of_other_steps_or_sides_have_names_of_their_own():
    texts = ("arithmetic", "arithmetic:steps=1", "arithmetic:held_out=true")
    sources = [parse_source(text, {}) for text in texts]
    assert [s.name for s in sources] == ["arithmetic", "arithmetic-1", "arithmetic-held-out"]
    assert [s.entry(3).location for s in sources] == [
        "?steps=2&seed=0",
        "?steps=1&seed=0",
        "?steps=2&seed=0&held_out=true",
    ]


def test_rows_may_be_passed_over(tmp_path):
    path = rows_file(tmp_path, *({"question": f"{n}+1?", "answer": n + 1} for n in range(6)))
    kept = items(parse_source(f"{path},skip=2,limit=3", {}))
    assert [item.problem.question for item in kept] == ["2+1?", "3+1?", "4+1?"]


def test_only_the_published_files_are_called_gsm8k(tmp_path):
    path = rows_file(tmp_path, {"question": "1+1?", "answer": "1+1=2\n#### 2"})
    source = parse_source(f"gsm8k:{path},name=own", {})
    [item] = items(source)
    assert (item.problem.source, item.problem.license) == ("own", "unknown")
    assert source.entry(1).license == "unknown"
    hub = parse_source("gsm8k:openai/gsm8k,revision=abc", {})
    assert hub.entry(1).license == "MIT"


def test_the_manifest_entry_holds_the_files_hash_and_no_folder(tmp_path):
    path = rows_file(tmp_path, {"question": "1+1?", "answer": "2"})
    entry = Source(kind="rows", location=str(path), license="CC0-1.0", weight=2.0).entry(1)
    assert entry.location == path.name
    assert len(entry.sha256) == 64
    assert (entry.license, entry.weight, entry.rows) == ("CC0-1.0", 2.0, 1)


def test_a_hub_data_set_must_be_pinned():
    with pytest.raises(DataError, match="pin the commit with openai/gsm8k,revision=COMMIT"):
        parse_source("gsm8k:openai/gsm8k", {})
    source = parse_source("gsm8k:openai/gsm8k,revision=abc,hub_split=test", {})
    assert (source.is_hub, source.name) == (True, "gsm8k-test")
    entry = source.entry(5)
    assert (entry.location, entry.revision, entry.sha256) == ("openai/gsm8k", "abc", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gsm8k:a.jsonl,wieght=2", "no option 'wieght'; did you mean 'weight'?"),
        ("gsm8k:a.jsonl,weight=heavy", "weight = 'heavy': input should be a valid number"),
        ("gsm8k:a.jsonl,weight=0", "weight = '0': input should be greater than 0"),
        ("gsm8k:a.jsonl,split=train", "no split 'train'"),
        ("gsm8k:a.jsonl,limit=-1", "limit = '-1': input should be greater than"),
        ("arithmetic,held_out=maybe", "held_out = 'maybe': input should be a valid boolean"),
        ("gym:", "has no location"),
        (
            "foo:train.jsonl",
            "no kind of source 'foo', and no file 'foo:train.jsonl'; kinds are gsm8k",
        ),
        ("GSM8K:train.jsonl", "did you mean gsm8k:?"),
        ("gsm8k_socratic:train.jsonl,limit=2", "did you mean gsm8k-socratic:?"),
        ("https://example.org/train.jsonl", "is an address; download the file"),
    ],
)
def test_a_wrong_source_says_so(text, message):
    with pytest.raises(DataError, match=message):
        parse_source(text, {})


def test_a_file_may_have_a_colon_in_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows_file(tmp_path, {"question": "1+1?", "answer": "2"}).rename(tmp_path / "foo:train.jsonl")
    source = parse_source("foo:train.jsonl,limit=1", {})
    assert (source.kind, source.location, source.limit) == ("rows", "foo:train.jsonl", 1)
    assert len(items(source)) == 1
    assert parse_source("rows:bar:train.jsonl", {}).location == "bar:train.jsonl"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"location": "a.jsonl"}, "a source needs a kind"),
        ({"kind": "gsm9k", "location": "a"}, "no kind of source 'gsm9k'"),
        ({"kind": "rows", "location": 5}, "location = 5: input should be a valid string"),
        (
            {"kind": "rows", "location": "a.csv", "limit": 1.5},
            "limit = 1.5: input should be a valid integer",
        ),
    ],
)
def test_a_wrong_table_says_so(table, message):
    with pytest.raises(DataError, match=message):
        Source.parse(table)


def test_more_arithmetic_than_there_is_says_so():
    with pytest.raises(DataError, match="arithmetic: n must be"):
        items(Source(kind="arithmetic", limit=10**7))


def test_a_row_too_long_is_refused_in_formats_without_lines_too(tmp_path):
    path = tmp_path / "rows.json"
    rows = [{"question": "x" * 300, "answer": "2"}, {"question": "1+1?", "answer": "2"}]
    path.write_text(json.dumps(rows))
    long, short = Source(kind="rows", location=str(path)).items(max_row_bytes=200)
    assert isinstance(long, Reject)
    assert (long.reason, long.origin) == (Reason.ROW_TOO_LONG, "rows.json:1")
    assert short.problem.question == "1+1?"
