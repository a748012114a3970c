"""Without a confidence in the schema the reward has none either."""

from pathlib import Path

import pytest

from reasoning_train.config import RunConfig, dump_toml, load_config
from reasoning_train.config.schema import DataSection, RewardSection
from reasoning_train.run_dir.manifest import reward_weights


def test_the_share_of_the_confidence_goes_to_the_others_in_proportion(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[data]\nconfidence = false\n")
    for config in (
        load_config(preset="tiny", flags=["--data.confidence", "false"]),
        load_config(file=file),
        RunConfig(data=DataSection(confidence=False)),
    ):
        weights = reward_weights(config)
        assert weights["confidence"] == 0.0
        assert weights["correctness"] == pytest.approx(0.60 / 0.85)
        assert weights["structure"] == pytest.approx(0.25 / 0.85)
    file.write_text(dump_toml(config))
    assert load_config(file=file) == config


def test_weights_that_are_set_stay() -> None:
    flags = ["--data.confidence", "no", "--reward.correctness", "0.7", "--reward.structure", "0.3"]
    assert reward_weights(load_config(flags=flags)) == {
        "correctness": 0.7,
        "structure": 0.3,
        "confidence": 0.0,
    }
    section = RewardSection(correctness=1.0, structure=0.0, confidence=0.0)
    assert RunConfig(data=DataSection(confidence=False), reward=section).reward == section


def test_with_a_confidence_nothing_changes() -> None:
    assert load_config(flags=["--data.confidence", "true"]) == RunConfig()
    assert reward_weights(RunConfig())["confidence"] == 0.15
