import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards.confidence import scoring
from reasoning_rewards.confidence.scoring import (
    GRID,
    asks_for_confidence,
    confidence_score,
    presumed_confidence,
    stated_confidence,
    to_grid,
)
from reasoning_rewards.equations.vocabulary import words_of


@pytest.mark.parametrize(
    ("reasoning", "stated"),
    [
        ("6*7=42.", 0.85),
        ("", 0.85),
        ("Confidence: 0.8", 0.8),
        ("6*7=42\nConfidence: 80%", 0.8),
        ("confidence: 8/10", 0.8),
        ("Confidence: 8 out of 10", 0.8),
        ("**Confidence:** 0.9", 0.9),
        ("My confidence in this answer is 70%.", 0.7),
        ("I am 90% sure.", 0.9),
        ("Confidence: 1", 0.99),
        ("Confidence: 0", 0.01),
        ("Confidence: 0.73", 0.75),
        ("Confidence: 0.1 and again Confidence: 0.9", 0.9),
        ("Confidence: nan", 0.85),
        ("Confidence: inf", 0.85),
        ("Confidence: -5", 0.85),
        ("Confidence: 1e9", 0.85),
        ("Confidence: 150%", 0.85),
        ("Confidence: 1/0", 0.85),
        ("Confidence: 0.1\n1\n2\n3", 0.85),
        ("So the probability of heads is 1/4.", 0.85),
        ("I am absolutely certain.", 0.95),
        ("Definitely 42.", 0.95),
        ("It is probably 42.", 0.75),
        ("I think the answer is 42.", 0.65),
        ("Maybe 42.", 0.5),
        ("It might be 42.", 0.5),
        ("I am not sure, but 42.", 0.35),
        ("I am not absolutely certain.", 0.35),
        ("I guess 42.", 0.25),
        ("That is a pure guess.", 0.25),
        ("A complete shot in the dark.", 0.25),
        ("I am somewhat confident.", 0.65),
        ("In this game she has to guess a number.", 0.85),
        ("I am not sure. I am certain.", 0.95),
        ("A certain number of pens is 42.", 0.85),
        ("Each box might hold 6 pens. In May, 7 boxes.", 0.85),
        ("Heads is twice as likely as tails.", 0.85),
    ],
)
def test_presumed_confidence(reasoning: str, stated: float) -> None:
    assert presumed_confidence(reasoning) == pytest.approx(stated)


@pytest.mark.parametrize("truth", GRID)
def test_the_rule_is_proper_on_the_whole_grid(truth: float) -> None:
    def expectation(stated: float) -> float:
        right, wrong = confidence_score(stated, 1.0), confidence_score(stated, 0.0)
        return truth * right + (1 - truth) * wrong

    assert max(GRID, key=expectation) == truth


@pytest.mark.parametrize("truth", GRID)
def test_the_truth_pays_more_than_silence(truth: float) -> None:
    expected = truth * confidence_score(truth, 1.0) + (1 - truth) * confidence_score(truth, 0.0)
    assert expected >= 0.75 - 1e-12


@pytest.mark.parametrize("constant", GRID)
def test_no_constant_beats_the_truth(constant: float) -> None:
    """A mix of problems of different difficulty: stating each probability beats any constant."""
    truths = (0.05, 0.5, 0.95)

    def mean(stated: tuple[float, ...]) -> float:
        pairs = zip(truths, stated, strict=True)
        return sum(
            p * confidence_score(c, 1.0) + (1 - p) * confidence_score(c, 0.0) for p, c in pairs
        )

    assert mean(truths) > mean((constant,) * 3)


@pytest.mark.parametrize(
    ("tail", "stated"),
    [
        ("Confidence: 0.01 and 0.95", 0.95),
        ("Confidence: 0.2, or 0.9", 0.9),
        ("Confidence: 30% to 60%", 0.6),
        ("Confidence: 0.4. And 3 pens.", 0.4),
    ],
)
def test_of_several_values_in_one_statement_the_largest_counts(tail: str, stated: float) -> None:
    assert stated_confidence(tail) == stated


@pytest.mark.parametrize(
    ("reasoning", "said"),
    [
        ("6*7=42.", None),
        ("", None),
        ("Confidence: none given", None),
        ("The probability is 0.85.", None),
        ("Confidence: 0.85", 0.85),
        ("Confidence: 0.84", 0.85),
        ("<confidence>0.85</confidence>", 0.85),
        ("Confidence: low", 0.3),
        ("I guess 42.", None),
        ("I am absolutely certain.", None),
    ],
)
def test_what_is_stated_is_a_value_and_no_presumption(reasoning: str, said: float | None) -> None:
    assert stated_confidence(reasoning) == said


@pytest.mark.parametrize(
    ("prompt", "asks"),
    [
        ("End with a line such as Confidence: 0.8.", True),
        ("Then give your confidence between <confidence> and </confidence>.", True),
        ("State your confidence from 0 to 1.", True),
        ("How many pens are in 7 boxes?", False),
        ("", False),
        ("Give a 95% confidence interval of the mean.", False),
        ("He gained confidence after 3 of 5 games. How many were left?", False),
    ],
)
def test_which_prompts_ask(prompt: str, asks: bool) -> None:
    assert asks_for_confidence(prompt) is asks


@given(st.text(max_size=300))
def test_any_text_is_read_as_a_grid_value(text: str) -> None:
    assert presumed_confidence(text) in GRID
    assert stated_confidence(text) in (None, *GRID)


@given(st.text(max_size=300))
def test_what_is_stated_is_also_presumed(text: str) -> None:
    stated = stated_confidence(text)
    assert stated is None or presumed_confidence(text) == stated


@given(st.floats(0, 1))
def test_the_grid_is_reachable_from_its_own_values(value: float) -> None:
    assert to_grid(to_grid(value)) == to_grid(value)
    assert abs(to_grid(value) - value) <= 0.0251


@given(
    st.lists(
        st.sampled_from(
            ["pens ", "I'd ", "say ", "d ", "unsure", "certainly ", "7", ".", "might be", "\n"]
        )
    ).map("".join)
)
def test_known_words_only_save_time(text: str) -> None:
    vocabulary = frozenset(words_of(text))
    assert presumed_confidence(text, vocabulary) == presumed_confidence(text)


def test_a_text_without_a_hint_says_nothing() -> None:
    assert scoring._says_nothing(frozenset(("she", "buys", "7", "pens")))
    assert not scoring._says_nothing(frozenset(("she", "i'd", "pens")))
    assert not scoring._says_nothing(frozenset(("uncertain",)))
