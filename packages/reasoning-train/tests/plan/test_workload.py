import pytest

from reasoning_train.config import load_config
from reasoning_train.errors import UserError
from reasoning_train.plan.workload import Workload


def test_targets_that_match_nothing_are_refused_before_anything_is_traced() -> None:
    config = load_config(preset="tiny", flags=["--model.lora-targets", "nothing"])
    with pytest.raises(UserError, match="'nothing' matches no module"):
        Workload(config, [])


def test_packed_rows_are_another_function() -> None:
    plain = Workload(load_config(preset="tiny"), []).sft_step(8)
    packed = Workload(load_config(preset="tiny", flags=["--sft.packing", "128"]), []).sft_step(8)
    assert plain.inputs != packed.inputs
    # 48 and 128 positions in chunks of 16 at most.
    assert (plain.open_trips, packed.open_trips) == (3, 8)
