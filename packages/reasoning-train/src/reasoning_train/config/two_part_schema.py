"""The reward's weights where no confidence is asked for (`data.confidence false`)."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError


def reward_of_schema(values: Mapping[str, Any], shares: Mapping[str, float]) -> dict[str, Any]:
    """Return raw settings in which the reward has no confidence where none is asked for.

    Args:
        values: The sections as files and flags give them, not validated yet.
        shares: Default weights of the other components; without a confidence they keep their
            proportion and sum to 1.

    Raises:
        ValueError: The reward would weigh a confidence that no completion is asked to state.
    """
    data, reward = _set(values.get("data")), _set(values.get("reward"))
    if _asked(data):
        return dict(values)
    for name in ("confidence", "confidence_at_end"):
        if not _is_zero(reward.get(name, 0.0)):
            raise ValueError(
                f"reward.{name} {reward[name]} needs data.confidence true: no completion is asked "
                f"to state a confidence; leave reward.{name} out"
            )
    weights = {"confidence": 0.0}
    if not reward.keys() & shares.keys():
        whole = sum(shares.values())
        weights |= {name: share / whole for name, share in shares.items()}
    return {**values, "reward": {**reward, **weights}}


def _set(section: Any) -> dict[str, Any]:
    """The settings of a section that somebody set."""
    if isinstance(section, BaseModel):
        return section.model_dump(exclude_unset=True)
    return section if isinstance(section, dict) else {}


def _asked(data: Mapping[str, Any]) -> bool:
    try:
        return TypeAdapter(bool).validate_python(data.get("confidence", True))
    except ValidationError:  # said where the section is validated
        return True


def _is_zero(value: Any) -> bool:
    try:
        return value is None or float(value) == 0.0
    except (TypeError, ValueError):  # likewise
        return True
