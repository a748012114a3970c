import pytest

from reasoning_data.errors import RowError
from reasoning_data.sources.convert import Provenance
from reasoning_data.sources.math import from_math

AT = Provenance("math:1", "math", "MIT")


def test_the_box_is_opened_in_the_rationale():
    row = {"problem": "Half of one?", "solution": r"It is $\boxed{\frac{1}{2}}$, clearly."}
    problem = from_math(row, AT)
    assert problem.answer == r"\frac{1}{2}"
    assert problem.rationale == r"It is $\frac{1}{2}$, clearly."


def test_both_roots_are_the_gold():
    row = {"problem": "Roots?", "solution": r"So $x=\boxed{4}$ or $x=\boxed{9}$."}
    problem = from_math(row, AT)
    assert (problem.answer, problem.rationale) == ("4, 9", "So $x=4$ or $x=9$.")


@pytest.mark.parametrize(
    ("solution", "answer", "gold"),
    [
        ("So it is 14.", "14", "14"),
        ("So it is 14.", 14, "14"),
        (r"So \boxed{\frac12}.", "0.5", r"\frac12"),
        (r"So $\boxed{4}$ or $\boxed{9}$.", "9", "4, 9"),
        (r"So \boxed{\textbf{(B)}\ 14}.", "B", r"\textbf{(B)}\ 14"),
        (r"So \boxed{14}.", "B", "14"),
        (r"So \boxed{14}.", None, "14"),
        (r"So \boxed{14}.", "", "14"),
        (None, "14", "14"),
    ],
)
def test_a_field_answer_stands_in_for_the_box(solution, answer, gold):
    row = {"problem": "p", "solution": solution, "answer": answer}
    assert from_math(row, AT).answer == gold


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"problem": "p", "solution": "It is 5."}, "bad_gold"),
        ({"problem": "p", "solution": "It is 5.", "answer": " "}, "bad_gold"),
        ({"problem": "p", "solution": r"It is \boxed{5}.", "answer": "6"}, "conflicting_gold"),
    ],
)
def test_a_solution_without_one_gold_is_refused(row, reason):
    with pytest.raises(RowError, match=reason):
        from_math(row, AT)
