import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_data.answers.boxes import boxed_answer, last_boxes, open_boxes


def answer(text):
    return boxed_answer(last_boxes(text))


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (r"so $\boxed{5}$.", "5"),
        (r"first \boxed{1}, then \boxed{2}", "2"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{\left\{1, 2\right\}}", r"\left\{1, 2\right\}"),
        (r"\boxed {x}", "x"),
        (r"\boxed{a} \boxedtext{b}", "a"),
        (r"} \boxed{c} {", "c"),
        (r"\boxed{3} and an open \boxed{4", "3"),
        (r"\boxed{8}, as was to be shown. \boxed{}", "8"),
        (r"\boxed{{9}}", "9"),
        (r"\boxed{{2}, {9}}", "{2}, {9}"),
        ("\\boxed{\n 9\n}", "9"),
        (r"\boxed{\boxed{9}}", "9"),
    ],
)
def test_the_last_box_that_closes(text, content):
    assert answer(text) == content


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (r"\fbox{yes}", "yes"),
        (r"\framebox{14}", "14"),
        (r"\framebox[3cm][c]{14}", "14"),
        (r"$\boxed 42$", "42"),
        (r"$\boxed 4.25$.", "4.25"),
        (r"$\boxed-6$", "-6"),
        (r"$\boxed 12,500$", "12,500"),
        (r"$\boxed\frac{2}{7}$", r"\frac{2}{7}"),
        (r"$\boxed\frac27$", r"\frac27"),
        (r"$\boxed\dfrac\pi 2$", r"\dfrac\pi 2"),
        (r"$\boxed\sqrt[3]{5}$", r"\sqrt[3]{5}"),
        (r"$\boxed \text{no} $", r"\text{no}"),
        (r"$\boxed\pi r$", r"\pi"),
        (r"$\boxed(2,7)$", "(2,7)"),
    ],
)
def test_boxes_of_other_kinds_and_without_braces(text, content):
    assert answer(text) == content


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (r"The roots are $x=\boxed{4}$ and $x=\boxed{9}$.", "4, 9"),
        (r"Hence $\boxed{4}, \boxed{9}$.", "4, 9"),
        (r"$\boxed{4}$, $\boxed{9}$, and $\boxed{11}$", "4, 9, 11"),
        (r"\(x_1 = \boxed{4}\) or \(x_2 = \boxed{9}\)", "4, 9"),
        (r"\boxed{4} \quad \text{or}\quad \boxed{9}", "4, 9"),
        (r"$a=\boxed{4}$; \\ $\alpha=\boxed{9}", "4, 9"),
        (r"$f(4)=\boxed{4}$; $g(9)=\boxed{9}", "9"),  # answers to two questions
        (r"$\boxed{(1,4)}$ and $\boxed{(4,9)}$", "(1,4); (4,9)"),
        (r"$\boxed{4}$, $\boxed{4}$", "4"),
        (r"The side is \boxed{4}. The area is \boxed{16}.", "16"),
        (r"$\boxed{4} + 12 = \boxed{16}$", "16"),
        (r"\boxed{4}, so twice as many: \boxed{8}", "8"),
        (r"\boxed{3}, to begin with. \boxed{4} and \boxed{9}", "4, 9"),
    ],
)
def test_boxes_that_are_listed_are_one_answer(text, content):
    assert answer(text) == content


@pytest.mark.parametrize(
    "text", ["", "no box", r"\boxed{open", r"\boxed", r"\boxed $x$", r"\boxed{}", r"\boxed\frac1"]
)
def test_no_box(text):
    assert last_boxes(text) == []


def test_all_boxes_of_an_answer_are_opened():
    text = r"First \boxed{1}. Then $\boxed{4}$ or $\boxed9$."
    assert open_boxes(text, last_boxes(text)) == r"First \boxed{1}. Then $4$ or $9$."


@given(
    st.recursive(
        st.text(st.characters(exclude_characters="{}\\"), max_size=5),
        lambda inner: st.lists(inner, max_size=3).map(lambda parts: "{" + "".join(parts) + "}"),
    ).filter(str.strip)
)
def test_any_nesting_of_braces_is_walked(content):
    (box,) = last_boxes(f"before \\boxed{{{content}}} after")
    assert box.content == content


@given(st.text(alphabet="\\boxedframc{}[]()$1-, \n"))
def test_no_text_is_too_odd(text):
    boxes = last_boxes(text)
    assert all(text[box.start] == "\\" and box.content in text for box in boxes)


@pytest.mark.parametrize("text", [r"\boxed{" * 100_000, r"\boxed{" + "{" * 100_000 + "}" * 100_001])
def test_a_hundred_thousand_open_boxes_are_walked_once(text):
    """A walk for each box would take hours."""
    assert len(last_boxes(text)) == text.endswith("}")
    assert len(answer(text)) < len(text)
