import pytest

from reasoning_data.answers.agreement import agrees, answer_key, contradicts


@pytest.mark.parametrize(
    ("said", "gold", "expected"),
    [
        ("8", "9", True),
        ("8", "8.0", False),
        (r"\frac12", "0.5", False),
        ("4, 9", "9 and 4", False),
        ("Rome", "Paris", True),
        ("(A)", "B", True),
        ("B", "(B) wind", False),
        ("14", "B", False),
        (r"\text{(C)}", "14", False),
        (r"\int_0^1 x\,dx", r"\int_0^1 y\,dy", False),
    ],
)
def test_what_cannot_be_the_gold(said, gold, expected):
    assert contradicts(said, gold) is expected
    assert contradicts(gold, said) is expected


def test_what_only_algebra_can_tell_neither_agrees_nor_contradicts():
    left, right = r"\int_0^1 x\,dx", r"\int_0^1 y\,dy"
    assert not agrees(left, right)
    assert not contradicts(left, right)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("1/2", "0.5", True),
        (r"\frac12", "0.50", True),
        ("1,200", "1200", True),
        ("Paris ", "paris", True),
        ("1/2", "1/3", False),
        ("5 cm", "5 m", False),
        ("50%", "50", False),
        ("(1,2)", "(2,1)", False),
    ],
)
def test_equal_numbers_have_one_key(left, right, same):
    assert (answer_key(left) == answer_key(right)) is same
