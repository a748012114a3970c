import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_data.errors import RowError
from reasoning_data.sources.convert import Provenance
from reasoning_data.sources.math import from_math, last_boxed

AT = Provenance("math:1", "math", "MIT")


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (r"so $\boxed{5}$.", "5"),
        (r"first \boxed{1}, then \boxed{2}", "2"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{\left\{1, 2\right\}}", r"\left\{1, 2\right\}"),
        (r"\boxed {x}", "x"),
        (r"\boxed 42$", "42"),
        (r"\boxed{a} \boxedtext{b}", "a"),
        (r"} \boxed{c} {", "c"),
        (r"\fbox{yes}", "yes"),
        (r"\boxed{3} and an open \boxed{4", "3"),
    ],
)
def test_the_last_box_that_closes(text, content):
    box = last_boxed(text)
    assert box is not None
    assert box.content == content


@pytest.mark.parametrize("text", ["", "no box", r"\boxed{open", r"\boxed", r"\boxed $x$"])
def test_no_box(text):
    assert last_boxed(text) is None


@given(
    st.recursive(
        st.text(st.characters(exclude_characters="{}\\"), max_size=5),
        lambda inner: st.lists(inner, max_size=3).map(lambda parts: "{" + "".join(parts) + "}"),
    )
)
def test_any_nesting_of_braces_is_walked(content):
    box = last_boxed(f"before \\boxed{{{content}}} after")
    assert box is not None
    assert box.content == content


def test_a_hundred_thousand_open_boxes_are_walked_once():
    """A walk for each box would take hours."""
    assert last_boxed(r"\boxed{" * 100_000) is None


def test_the_box_is_opened_in_the_rationale():
    row = {"problem": "Half of one?", "solution": r"It is $\boxed{\frac{1}{2}}$, clearly."}
    problem = from_math(row, AT)
    assert problem.answer == r"\frac{1}{2}"
    assert problem.rationale == r"It is $\frac{1}{2}$, clearly."


def test_a_solution_without_a_box_is_refused():
    with pytest.raises(RowError, match="bad_gold"):
        from_math({"problem": "p", "solution": "It is 5."}, AT)
