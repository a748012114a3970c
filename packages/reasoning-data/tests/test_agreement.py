import pytest

from reasoning_data.agreement import contradicts


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
        (r"\int_0^1 x\,dx", r"\int_0^1 y\,dy", False),
    ],
)
def test_what_cannot_be_the_gold(said, gold, expected):
    assert contradicts(said, gold) is expected
    assert contradicts(gold, said) is expected
