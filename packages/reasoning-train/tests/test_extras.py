"""The installation command in the message about a missing extra works as it is."""

from importlib.metadata import metadata

import pytest
from packaging.requirements import Requirement

from reasoning_train.extras import how_to_install, requirements

EXTRAS = metadata("reasoning-train").get_all("Provides-Extra") or []


def test_there_are_extras() -> None:
    assert {"plan", "wandb", "gemma3-270m"} <= set(EXTRAS)


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_extra_names_what_it_adds(extra: str) -> None:
    wanted = requirements(extra)
    assert wanted
    assert all(Requirement(text).name != "reasoning-train" for text in wanted)
    assert all(text in how_to_install(extra) for text in wanted)


def test_an_extra_adds_nothing_of_another() -> None:
    assert [Requirement(text).name for text in requirements("plan")] == ["libtpu"]
