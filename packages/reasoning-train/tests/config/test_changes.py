import pytest

from reasoning_train.config import RunConfig, load_config
from reasoning_train.config.changes import FIRST_USE, changes, flat


def test_every_setting_has_a_first_use() -> None:
    sections = {key.partition(".")[0] for key, _ in flat(RunConfig().model_dump())}
    assert sections <= FIRST_USE.keys()
    known = {key for key, _ in flat(RunConfig().model_dump())} | sections
    assert FIRST_USE.keys() <= known


def test_changes_name_key_and_values() -> None:
    before = load_config(preset="tiny")
    after = load_config(preset="tiny", flags=["--grpo.learning-rate", "1e-5"])
    [change] = changes(before.model_dump(mode="json"), after)
    assert (change.key, change.first_use) == ("grpo.learning_rate", "grpo")
    assert str(change) == "grpo.learning_rate 0.001 → 1e-05"


def test_a_setting_that_the_record_lacks_had_its_default() -> None:
    record = load_config(preset="tiny").model_dump(mode="json")
    del record["grpo"]["temperature"]
    assert changes(record, load_config(preset="tiny")) == []
    [change] = changes(record, load_config(preset="tiny", flags=["--grpo.temperature", "0.7"]))
    assert change.before == 1.0


def test_an_unknown_setting_in_the_record_is_an_error() -> None:
    record = load_config(preset="tiny").model_dump(mode="json")
    record["grpo"]["gone"] = 1
    with pytest.raises(KeyError, match="gone"):
        changes(record, load_config(preset="tiny"))


def test_sequences_compare_whatever_json_made_of_them() -> None:
    flags = ["--reward.extra", "a:b:0.1"]
    config = load_config(preset="tiny", flags=flags)
    assert changes(config.model_dump(mode="json"), config) == []
