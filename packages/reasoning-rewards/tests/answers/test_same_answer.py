import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reasoning_rewards import RewardError, same_answer
from reasoning_rewards.answers import Verdict, compare

DATA = Path(__file__).parent / "data"
# The second file was written afterwards, as a challenge: see the README on what it found.
FILES = ("answer_pairs.json", "answer_pairs_2.json")
ENTRIES = [entry for name in FILES for entry in json.loads((DATA / name).read_text())]
SAME = [(entry["gold"], pred) for entry in ENTRIES for pred in entry["same"]]
DIFFERENT = [(entry["gold"], pred) for entry in ENTRIES for pred in entry["different"]]
TEXTS = sorted({text for pair in SAME + DIFFERENT for text in pair})


@pytest.mark.parametrize(("gold", "prediction"), SAME)
def test_same(gold: str, prediction: str) -> None:
    assert compare(prediction, gold) is Verdict.SAME
    assert compare(gold, prediction) is Verdict.SAME


@pytest.mark.parametrize(("gold", "prediction"), DIFFERENT)
def test_different(gold: str, prediction: str) -> None:
    assert compare(prediction, gold) is not Verdict.SAME
    assert compare(gold, prediction) is not Verdict.SAME


@pytest.mark.parametrize("blank", ["", " ", "$$", "\\boxed{}", "\u200b", "\n\t"])
@pytest.mark.parametrize("gold", ["", "0", "none", "\\boxed{}"])
def test_an_empty_side_never_matches(blank: str, gold: str) -> None:
    assert not same_answer(blank, gold)
    assert not same_answer(gold, blank)


def test_only_strings_are_compared() -> None:
    with pytest.raises(RewardError, match="42"):
        same_answer(42, "42")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [
        ("\\int_0^x 2t dt", "x^2", Verdict.UNDECIDED),
        ("\\sum_{k=1}^{n} k", "\\frac{n(n+1)}{2}", Verdict.UNDECIDED),
        ("\\arctan 1", "\\frac{\\pi}{4}", Verdict.UNDECIDED),
        ("(1+i)^2", "2i", Verdict.UNDECIDED),
        ("\\ln(x^2)", "2\\ln x", Verdict.UNDECIDED),
        # A plain number on one side, or prose: there is nothing to ask about.
        ("\\int_0^{42} dx", "42", Verdict.DIFFERENT),
        ("A box holds 6 pens. How many are in 7? x=42", "x^2", Verdict.DIFFERENT),
        ("x+1", "x+2", Verdict.DIFFERENT),
    ],
)
def test_only_symbolic_pairs_are_left_undecided(left: str, right: str, verdict: Verdict) -> None:
    assert compare(left, right) is verdict
    assert compare(right, left) is verdict


_SYMBOLS = st.text(
    alphabet="0123456789.,/%$-+*^(){}[]=<>\\xyabfrcsqt \u00bd\u00b2\u03c0", max_size=40
)
_ANSWERS = st.one_of(st.text(max_size=40), _SYMBOLS, st.sampled_from(TEXTS))


@settings(max_examples=300)
@given(_ANSWERS, _ANSWERS)
def test_symmetric(left: str, right: str) -> None:
    assert compare(left, right) is compare(right, left)


@settings(max_examples=300)
@given(_ANSWERS)
def test_reflexive_unless_empty(text: str) -> None:
    assume(any(char.isalnum() and char.isascii() for char in text))
    assume("\\boxed" not in text and "\\begin" not in text)
    verdict = compare(text, text)
    # An answer of markup alone (`\\quad`, `_{a}`) is empty however many letters it has.
    assert verdict is Verdict.SAME or "\\" in text or "{" in text


_NUMBERS = st.integers(-(10**12), 10**12)
_WRAPPERS = st.sampled_from(
    ["{}", "${}$", "\\boxed{{{}}}", "**{}**", "{}.", " {} ", "\\({}\\)", "x = {}", "\\text{{{}}}",
     "{} apples", "{} USD", "The answer is {}.", "{}.0", "$\\boxed{{{}}}$", "{}\\%", "+{}"]
)  # fmt: skip


@given(_NUMBERS, _WRAPPERS)
def test_optional_forms_do_not_matter(number: int, wrapper: str) -> None:
    assume(not (wrapper == "+{}" and number < 0))
    assert same_answer(wrapper.format(number), str(number))


@given(_NUMBERS, _NUMBERS, _WRAPPERS)
def test_another_number_is_another_answer(number: int, other: int, wrapper: str) -> None:
    assume(number != other and 100 * other != number)
    assert not same_answer(wrapper.format(number), str(other))


@given(_NUMBERS)
def test_thousands_separators_do_not_matter(number: int) -> None:
    grouped = f"{number:,}"
    assert same_answer(grouped, str(number))
    assert same_answer(grouped.replace(",", " "), str(number))
    assert same_answer(grouped.replace(",", "\\,"), str(number))


@given(st.integers(-999, 999), st.integers(1, 999))
def test_rationals_compare_exactly(top: int, bottom: int) -> None:
    value = Fraction(top, bottom)
    assert same_answer(f"\\frac{{{top}}}{{{bottom}}}", str(value))
    assert same_answer(f"{top}/{bottom}", str(value))
    assert not same_answer(f"{top}/{bottom}", str(value + Fraction(1, 10**9)))


@given(st.integers(0, 10**15))
def test_neighbouring_integers_differ(number: int) -> None:
    big = number + 2**53
    assert not same_answer(str(big), str(big + 1))
    assert not same_answer(f"{big}.0", str(big + 1))


@given(st.permutations(["1", "2", "x+1", "\\frac{1}{2}"]))
def test_sets_have_no_order_and_tuples_have(items: list[str]) -> None:
    gold = ["1", "2", "x+1", "\\frac{1}{2}"]
    assert same_answer(f"\\{{{', '.join(items)}\\}}", f"\\{{{', '.join(gold)}\\}}")
    assert same_answer(f"({', '.join(items)})", f"({', '.join(gold)})") == (items == gold)


@given(st.integers(1, 99), st.integers(1, 99), st.integers(-9, 9))
def test_algebra_by_substitution(a: int, b: int, c: int) -> None:
    assert same_answer(f"({a}x+{b})^2", f"{a * a}x^2 + {2 * a * b}x + {b * b}")
    assert not same_answer(f"({a}x+{b})^2", f"{a * a}x^2 + {2 * a * b + 1}x + {b * b}")
    assert same_answer(f"{a}x {c:+}", f"{c} + {a}x")


@pytest.mark.parametrize(
    "bomb",
    ["9**9**9**9", "10^10^10^10", "9!!!!!!!!!!!!", "((((9^64)^64)^64)^64)", "1e99999999999",
     "(" * 50_000, "{" * 50_000, "\\frac{" * 10_000, "1," * 50_000, "1" * 100_000, "$1" * 500,
     "x<1" * 300, "\\boxed{" * 3_000, "sqrt" * 400, "\ufdfa" * 50_000, "a b " * 500, "-" * 1000,
     "1/" * 500, "2^" * 500, "|" * 1000, "\\left(" * 500, "a = " * 400, "__import__('os')",
     "1+sqrt'", "sqrt'5"],
)  # fmt: skip
def test_bombs_are_only_text(bomb: str) -> None:
    assert not same_answer(bomb, "42")
    assert not same_answer("42", bomb)
    assert compare(bomb, bomb + "1") is compare(bomb + "1", bomb)


@pytest.mark.parametrize("blank", ["", " ", "\u200b", "$", " \u20ac ", "\u202e\u2009"])
def test_a_blank_answer_matches_nothing(blank: str) -> None:
    assert not same_answer(blank, blank)
    assert not same_answer(blank, "4")
    assert not same_answer("4", blank)
