import numpy as np
import pytest

from reasoning_rewards import RewardError
from reasoning_rewards.columns.scalars import members, plain, shown


@pytest.mark.parametrize(
    ("value", "held"),
    [
        ("42", "42"),
        (b"4\xc2\xbd", "4½"),
        (bytearray(b"42"), "42"),
        (np.str_("42"), "42"),
        (np.bytes_(b"42"), "42"),
        (np.array("42"), "42"),
        (np.array(b"42"), "42"),
        (np.array("42", dtype=object), "42"),
        (np.int64(42), 42),
        (np.array(42, dtype=np.uint8), 42),
        (np.float32(0.1), 0.1),
        (np.float16(0.1), 0.1),
        (np.array(2.5), 2.5),
        (np.bool_(True), True),
        (None, None),
    ],
)
def test_values_of_numpy_are_pythons_own(value: object, held: object) -> None:
    assert plain(value) == held
    assert type(plain(value)) is type(held)


class Tensor:
    """A scalar that prints as torch's do."""

    ndim = 0

    def item(self) -> float:
        return 0.5

    def __str__(self) -> str:
        return "tensor(0.5000)"


def test_a_scalar_that_does_not_print_its_number_is_asked_for_it() -> None:
    assert plain(Tensor()) == 0.5


def test_bytes_of_another_encoding_are_named() -> None:
    with pytest.raises(RewardError, match=r"not UTF-8: b'caf\\xe9'"):
        plain("café".encode("latin-1"))


def test_members_of_lists_and_arrays_of_one_dimension() -> None:
    assert members(["a", "b"]) == members(("a", "b")) == ["a", "b"]
    assert members(np.array(["a", "b"])) == ["a", "b"]
    others: list[object] = ["ab", b"ab", {"a": 1}, np.array("a"), np.zeros((2, 2)), 1, None]
    assert [members(other) for other in others] == [None] * len(others)


def test_what_is_shown_is_one_line() -> None:
    assert shown(1.5) == "1.5 (float)"
    assert shown(np.zeros((9, 9))).count("\n") == 0
    assert len(shown("x" * 1000)) < 100
