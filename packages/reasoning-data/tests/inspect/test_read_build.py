import pytest

from reasoning_data import DataError, prepare_training_data, read_examples, read_tasks


def test_reading_says_what_is_missing(problems, tmp_path):
    with pytest.raises(DataError, match="no build in"):
        read_examples(tmp_path)
    prepare_training_data(problems, tmp_path / "out")
    with pytest.raises(DataError, match="not in 'sft'"):
        read_tasks(tmp_path / "out", "sft")
    (tmp_path / "out" / "eval.parquet").unlink()
    with pytest.raises(DataError, match=r"eval\.parquet is missing from"):
        read_tasks(tmp_path / "out", "eval")


def test_jsonl_and_parquet_read_the_same(problems, tmp_path):
    for file_format in ("parquet", "jsonl"):
        prepare_training_data(problems, tmp_path / file_format, file_format=file_format)
    assert read_examples(tmp_path / "parquet") == read_examples(tmp_path / "jsonl")
    assert read_tasks(tmp_path / "parquet", "grpo") == read_tasks(tmp_path / "jsonl", "grpo")
