import pytest

from reasoning_train.plan.hlo.shapes import Array, parse_arrays


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f32[]", [Array("f32", ())]),
        ("bf16[8,128]{1,0:T(8,128)(2,1)}", [Array("bf16", (8, 128))]),
        ("bf16[8,128]{1,0:T(8,128)(2,1)S(1)}", [Array("bf16", (8, 128), in_hbm=False)]),
        ("(s32[4]{0}, (pred[2,2]{1,0}, token[]))", [Array("s32", (4,)), Array("pred", (2, 2))]),
        ("f32[<=16,2]{1,0}", [Array("f32", (16, 2))]),
    ],
)
def test_arrays_of_a_type(text: str, expected: list[Array]) -> None:
    assert list(parse_arrays(text)) == expected


def test_sizes_are_bytes_and_small_types_round_up() -> None:
    assert Array("bf16", (8, 128)).size == 2048
    assert Array("s4", (3,)).size == 2
    assert Array("f32", ()).size == 4
