import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_train.evaluation.independent import independent_correct


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        ("<reasoning>12+2=14.</reasoning><answer>14</answer>", "14"),
        ("<answer>13</answer><answer>14</answer>", "14"),
        ("<answer>14</answer> I am 95 % sure", "14"),
        ("12 + 2 is 14.\n#### 14", "14"),
        ("so 10-24=-14", "-14"),
        ("so 10−24=−14", "-14"),
        ("$1,234.50", "1234.5"),
        ("<answer>1/2</answer>", "0.5"),
        ("<answer>(B)</answer>", "B"),
        ("the capital is Paris.", "paris"),
        ("<answer>3 and 4</answer>", "3, 4"),
        ("the answer is 14<answer>", "14"),
        ("left: 24-10", "10"),  # a minus between numbers is no sign
    ],
)
def test_right(completion: str, gold: str) -> None:
    assert independent_correct(completion, gold)


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        ("<answer>15</answer> 14", "14"),
        ("<answer>14 15</answer>", "14"),
        ("114", "14"),
        ("14" * 50, "14"),
        ("1.14", "14"),
        ("", "14"),
        ("no number", "14"),
        ("1/0", "0"),
        ("", ""),
        ("anything", "—"),
        ("Paris or Rome", "Paris"),
    ],
)
def test_wrong(completion: str, gold: str) -> None:
    assert not independent_correct(completion, gold)


@given(st.text(), st.text())
def test_no_text_raises(completion: str, gold: str) -> None:
    independent_correct(completion, gold)


@given(st.integers(-(10**12), 10**12), st.text(string.ascii_letters + " ", max_size=30))
def test_an_integer_is_found_however_it_is_written(value: int, before: str) -> None:
    assert independent_correct(f"{before} {value:,}", str(value))
    assert independent_correct(f"{before}<answer>{value}.0</answer>", f"{value:,}")
    assert not independent_correct(f"{before}<answer>{value + 1}</answer>", str(value))


def test_a_megabyte_is_read_at_its_end() -> None:
    assert independent_correct("<answer>" + "9" * 1_000_000 + " 14", "14")
    assert not independent_correct("<" * 1_000_000, "14")
