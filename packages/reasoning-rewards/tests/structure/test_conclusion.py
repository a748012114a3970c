import pytest

from reasoning_rewards import Rubric, parse, render

CHOICE = "Which gas do plants take in? (A) oxygen (B) nitrogen (C) carbon dioxide (D) helium"


@pytest.mark.parametrize(
    ("reasoning", "answer", "prompt", "value"),
    [
        ("The slope is 3 and y(0) is 2.\nSo the line is y = 3x + 2.", "3x+2", "", 1.0),
        ("The slope is 3 and y(0) is 2.\nSo the line is y = 2 + 3x.", "y = 3x+2", "", 1.0),
        ("The slope is 3 and y(0) is 2.\nSo the line is y = 3x + 4.", "3x+2", "", 0.0),
        ("Subtracting gives 3y = 12.\nSo y = 4 and x = 9 - 4 = 5.", "(5, 4)", "", 1.0),
        ("Subtracting gives 3y = 12.\nSo y = 4 and x = 9 - 4 = 5.", "(5, 2)", "", 0.5),
        ("The factors vanish at two places.\nThe roots are 6 and -1.", "\\{-1, 6\\}", "", 1.0),
        ("The circle has the radius 5.\nIts area is \\(\\pi r^2 = 25\\pi\\).", "25\\pi", "", 1.0),
        ("Half of the half cake remains on the plate.\nSo it is \\frac{1}{4}.", "1/4", "", 1.0),
        ("The mix has 9 parts of one and 6 of two.\nThat is 9:6 = 3:2.", "3 : 2", "", 1.0),
        ("Two is allowed and all above.\nSo x ≥ 2.", "[2, \\infty)", "", 1.0),
        ("Plants need light.\nLeaves take carbon dioxide from the air.", "(C) carbon dioxide",
         CHOICE, 1.0),
        ("Plants need light.\nLeaves take carbon dioxide from the air.", "C", CHOICE, 1.0),
        ("Plants need light.\nLeaves give oxygen to the air.", "(C) carbon dioxide", CHOICE,
         0.0),
    ],
)  # fmt: skip
def test_the_end_names_the_answer_as_the_reader_sees_it(
    reasoning: str, answer: str, prompt: str, value: float
) -> None:
    items = Rubric().score(parse(render(reasoning, answer)), prompt).items
    assert items["conclusion"] == value
