"""Markup, LaTeX, Unicode and words: the same arithmetic in many ways of writing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards import CompositeReward, render
from reasoning_rewards.equations.finding import find_equations
from reasoning_rewards.equations.notation import plain_notation

PROMPT = "A stall sells 18 mugs at $4 each and 7 plates at $6 each. How much money does it take in?"

# `{a}` to `{c}` stand for 72, 42 and 114, or for other numbers.
STYLES = {
    "plain": "18 * 4 = {a}\n7 * 6 = {b}\n{a} + {b} = {c}",
    "bold results": "18 * 4 = **{a}**\n7 * 6 = **{b}**\n{a} + {b} = **{c}**",
    "bold lines": "**18 * 4 = {a}**\n**7 * 6 = {b}**\n**{a} + {b} = {c}**",
    "italics": "*18 * 4 = {a}*\n*7 * 6 = {b}*\n*{a} + {b} = {c}*",
    "underlines": "__18 × 4__ = {a}\n__7 × 6__ = {b}\n__{a} + {b}__ = {c}",
    "code spans": "`18 * 4` = `{a}`\n`7 * 6` = `{b}`\n`{a} + {b}` = `{c}`",
    "headings": "### Mugs\n18 × 4 = {a}\n### Plates\n7 × 6 = {b}\n### Total\n{a} + {b} = {c}",
    "quotes": "> 18 × 4 = {a}\n> 7 × 6 = {b}\n> {a} + {b} = {c}",
    "star bullets": "* 18 * 4 = {a}\n* 7 * 6 = {b}\n* {a} + {b} = {c}",
    "inline LaTeX": r"\(18 \times 4 = {a}\), \(7 \times 6 = {b}\), \({a} + {b} = {c}\)",
    "dollar LaTeX": r"$18 \cdot 4 = \${a}$, $7 \cdot 6 = \${b}$ and $\${a} + \${b} = \${c}$.",
    "display": "\\[18 \\times 4 = {a}\\]\n\\[7 \\times 6 = {b}\\]\n$${a} + {b} = {c}$$",
    "align": "\\begin{align*}\n18 \\cdot 4 &= {a} \\\\\n7 \\cdot 6 &= {b} \\\\\n{a} + {b} &= {c}"
    "\n\\end{align*}",
    "aligned chain": "\\begin{aligned}18 \\cdot 4 + 7 \\cdot 6 &= {a} + {b} \\\\[4pt]\n&= {c}"
    "\\end{aligned}",
    "text in LaTeX": r"$\text{Mugs} = 18 \times 4 = {a}$, $\text{Plates} = 7 \times 6 = {b}$ and "
    r"$\text{Total} = {a} + {b} = {c}$",
    "units in LaTeX": r"$18\text{ mugs} \times \$4 = \${a}$; $7\text{ plates} \times \$6 = \${b}$; "
    r"$\${a} + \${b} = \${c}$",
    "boxed": r"$18 \times 4 = {a}$, $7 \times 6 = {b}$, so $${a} + {b} = \boxed{{c}}$$",
    "HTML": "18 * 4 = <b>{a}</b><br>7 * 6 = <b>{b}</b><br/>{a} + {b} = <strong>{c}</strong>",
    "HTML list": "<ol><li>18 &times; 4 = {a}</li><li>7 &times; 6 = {b}</li><li>{a} + {b} = {c}</li>"
    "</ol>",
    "HTML table": "<table><tr><td>18 × 4</td><td>{a}</td></tr><tr><td>7 × 6</td><td>{b}</td></tr>"
    "<tr><td>{a} + {b}</td><td>{c}</td></tr></table>",
    "table": "| Item | Sum | Money |\n|---|:-:|--:|\n| Mugs | 18 × 4 | ${a} |\n| Plates | 7 × 6 | "
    "${b} |\n| Both | {a} + {b} | **${c}** |",
    "arrows": "18 × 4 → {a}\n7 × 6 → {b}\n{a} + {b} → {c}",
    "ASCII arrows": "18 * 4 => {a}\n7 * 6 => {b}\n{a} + {b} => {c}",
    "arrows between": "18 × 4 = {a} → 7 × 6 = {b} → {a} + {b} = {c}",
    "continued lines": "18 * 4 + 7 * 6\n= {a} + {b}\n= {c}",
    "double equals": "18 * 4 == {a}\n7 * 6 == {b}\n{a} + {b} == {c}",
    "result first": "{a} = 18 * 4\n{b} = 7 * 6\n{c} = {a} + {b}",
    "units": "18 mugs × $4/mug = ${a}\n7 plates × $6 per plate = ${b}\n${a} + ${b} = ${c}",
    "words": "18 times 4 is {a}.\n7 multiplied by 6 equals {b}.\n{a} plus {b} makes {c}.",
    "verbs": "Multiplying 18 by 4 gives {a}.\nMultiplying 7 by 6 gives {b}.\nAdding {a} and {b} "
    "gives {c}.",
    "nouns": "The product of 18 and 4 is {a}.\nThe product of 7 and 6 is {b}.\nThe sum of {a} and "
    "{b} is {c}.",
    "calculator": "18 * 4 = $<<18*4={a}>>{a}\n7 * 6 = $<<7*6={b}>>{b}\n{a} + {b} = <<{a}+{b}={c}>>"
    "{c}",
    "names": "Let m = 18 * 4 = {a}. Let p = 7 * 6 = {b}. Then m + p = {c}.",
    "code": "```python\nmugs = 18 * 4  # {a}\nplates = 7 * 6  # {b}\ntotal = mugs + plates  # {c}"
    "\n```",
    "Chinese": "杯子：18 × 4 = {a} 元。\n盘子：7 × 6 = {b} 元。\n一共：{a} + {b} = {c} 元。",
}


def written(style: str, a: int, b: int, c: int) -> str:
    text = STYLES[style]
    for name, value in (("{a}", a), ("{b}", b), ("{c}", c)):
        text = text.replace(name, str(value))
    return text


@pytest.mark.parametrize("style", STYLES)
def test_structure_sees_the_arithmetic_in_every_way_of_writing(style: str) -> None:
    reward = CompositeReward()
    right = reward.score(render(written(style, 72, 42, 114), "114"), "114", PROMPT)
    false = reward.score(render(written(style, 81, 3, 114), "114"), "114", PROMPT)
    assert right.structure >= 0.85
    assert false.structure <= right.structure - 0.2
    assert right.rubric.items["arithmetic"] == 1.0


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("\\frac{36}{4} = 9", "\\frac{36}{4} = 8"),
        ("$\\dfrac{36}{4}=9$", "$\\dfrac{36}{4}=8$"),
        ("36 \\div 4 = 9", "36 \\div 4 = 8"),
        ("\\left(8\\right)\\left(5\\right) = 40", "\\left(8\\right)\\left(5\\right) = 41"),
        ("8 \\cdot 5 = \\boxed{40}", "8 \\cdot 5 = \\boxed{41}"),
        ("8 ⋅ 5 = 40", "8 ⋅ 5 = 41"),
        ("8 \\* 5 = 40", "8 \\* 5 = 41"),
        ("3^{4} = 81", "3^{4} = 12"),
        ("3⁴ = 81", "3⁴ = 12"),
        ("3**4 = 81", "3**4 = 12"),
        ("3 squared is 9", "3 squared is 6"),
        ("½ × 36 = 18", "½ × 36 = 12"),
        ("2½ × 4 = 10", "2½ × 4 = 9"),
        ("√49 = 7", "√49 = 8"),
        ("\\sqrt{49} = 7", "\\sqrt{49} = 8"),
        ("\\sqrt{3} \\approx 1.73", "\\sqrt{3} \\approx 1.83"),
        ("2/3 of 36 = 24", "2/3 of 36 = 25"),
        ("\\frac{2}{3} of 36 = 24", "\\frac{2}{3} of 36 = 25"),
        ("half of 36 is 18", "half of 36 is 19"),
        ("two thirds of 36 is 24", "two thirds of 36 is 25"),
        ("twice 36 is 72", "twice 36 is 70"),
        ("30 percent of 50 is 15", "30 percent of 50 is 20"),
        ("30% of the $50 = $15", "30% of the $50 = $20"),
        ("36 mod 5 = 1", "36 mod 5 = 2"),
        ("36 % 5 = 1", "36 % 5 = 2"),
        ("36 \\bmod 5 = 1", "36 \\bmod 5 = 2"),
        ("4! = 24", "4! = 20"),
        ("5! / (2! * 3!) = 10", "5! / (2! * 3!) = 12"),
        ("\\binom{6}{2} = 15", "\\binom{6}{2} = 12"),
        ("|4 - 9| = 5", "|4 - 9| = 4"),
        ("8 * 5 ≈ 40", "8 * 5 ≈ 60"),
        ("37 * 5 = about 190", "37 * 5 = about 210"),
        ("10 / 3 = 3.33...", "10 / 3 = 3.43..."),
        ("24 : 3 = 8", "24 : 3 = 9"),
        ("subtracting 8 from 36 leaves 28", "subtracting 8 from 36 leaves 26"),
        ("36 divided by 4 is 9", "36 divided by 4 is 8"),
        ("8 pens @ $5 = $40", "8 pens @ $5 = $41"),
        ("8 pens × $5/pen = $40", "8 pens × $5/pen = $41"),
        ("8 * 5 = 40 (pens)", "8 * 5 = 41 (pens)"),
        ("total = 8 * 5 = 40", "total = 8 * 5 = 41"),
        ("x = 8*5, so x = 40", "x = 8*5, so x = 41"),
        ("Total cost = 8 * 5\nTotal cost = 40", "Total cost = 8 * 5\nTotal cost = 41"),
        ("8 \\times 5 &= 40 \\\\", "8 \\times 5 &= 41 \\\\"),
        ("<<8*5=40>>40", "<<8*5=41>>41"),
        ("8<sup>2</sup> = 64", "8<sup>2</sup> = 16"),
    ],
)
def test_true_and_false_equations_in_every_notation(true: str, false: str) -> None:
    assert [equation.true for equation in find_equations(true)] == [True]
    assert [equation.true for equation in find_equations(false)] == [False]


@pytest.mark.parametrize(
    "text",
    [
        "3/4 is $15, so 1/4 is $5",
        "$15 an hour = 15*7 = $105",
        "60 / 3 = 20 times 2 people",
        "78 / 2 = 39 over 4 weeks",
        "10% of the $400 + $50 = $450",
        "2x + 1 = 7, x = 3",
        "The remaining cost = 5 * 3\nThe other cost = 10",
        "5 + 3 apples, which is 2 more",
        "| Year | Tea | Cake |\n|---|---|---|\n| 2019 | 3 | 5 |",
        "def f(a, b): return a*b\nHe drove 3 times 4 days",
        "1. 6 * 7 = 42\n2. 8 * 7 = 56",
        "The ratio is 2 : 3",
    ],
)
def test_honest_prose_is_no_false_equation(text: str) -> None:
    assert all(equation.true for equation in find_equations(text))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("6 * 7 = 42 pens", "6 * 7 = 42 pens"),
        ("a **bold** and an *italic* word", "a bold and an italic word"),
        ("24*3*2 = 2 * 3 * 24", "24*3*2 = 2 * 3 * 24"),
        ("x < 3 and y > 4", "x < 3 and y > 4"),
        ("|a|b|", "a, b"),
        ("so 5 -> 6 -> 7", "so 5; 6; 7"),
        ("\\frac{" * 40 + "1", "\\frac{" * 40 + "1"),
        ("AT&amp;T", "AT&T"),
    ],
)
def test_plain_text_of_a_markup(text: str, plain: str) -> None:
    assert plain_notation(text) == plain


@given(st.text(alphabet="0123456789+-*/=()., $%x^\n|#<>&;\\{}`~≈→√½²ab!:_", max_size=200))
def test_any_text_has_a_plain_form(text: str) -> None:
    for equation in find_equations(text):
        assert isinstance(equation.true, bool)
