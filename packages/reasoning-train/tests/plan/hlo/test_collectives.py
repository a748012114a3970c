import pytest

from reasoning_train.plan.hlo.collectives import collective
from reasoning_train.plan.hlo.module import parse_module


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("f32[80]{0} all-gather(%x), replica_groups=[1,8]<=[8], dimensions={0}", 80 * 4 * 7 // 8),
        ("f32[80]{0} all-reduce(%x), replica_groups={{0,1},{2,3}}, to_apply=%add", 80 * 4),
        ("f32[10]{0} reduce-scatter(%x), replica_groups=[1,8]<=[8], dimensions={0}", 10 * 4 * 7),
        ("f32[80]{0} collective-permute(%x), source_target_pairs={{0,1}}", 80 * 4),
        (
            "(f32[10]{0}, f32[80]{0}) all-gather-start(%x), replica_groups=[1,8]<=[8]",
            80 * 4 * 7 // 8,
        ),
    ],
)
def test_bytes_that_a_chip_sends(line: str, sent: int) -> None:
    head = "ENTRY %main (x: f32[10]) -> f32[80] {\n  %x = f32[10] parameter(0)\n"
    text = f"{head}  ROOT %c = {line}\n}}\n"
    root = parse_module(text).computations["main"].root
    found = collective(root, chips=8)
    assert found is not None
    assert found.sent == sent


def test_waiting_and_computing_send_nothing() -> None:
    text = "ENTRY %main (x: f32[8]) -> f32[8] {\n  ROOT %d = f32[8]{0} all-gather-done(%x)\n}\n"
    assert collective(parse_module(text).computations["main"].root, chips=8) is None
