import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards import render
from reasoning_train.reward.stated import stated_confidence


@pytest.mark.parametrize(
    ("reasoning", "stated"),
    [
        ("12+7=19. 19-5=14.", None),
        ("", None),
        ("19-5=14. Confidence: 0.9", 0.9),
        ("19-5=14. Confidence: 0.85", 0.85),
        ("19-5=14.\nConfidence: 85%", 0.85),
        ("19-5=14.\n<confidence>0.85</confidence>", 0.85),
        ("19-5=14. I am not sure.", None),
    ],
)
def test_only_what_is_stated_counts(reasoning: str, stated: float | None) -> None:
    assert stated_confidence(render(reasoning, "14")) == stated


def test_without_an_answer_nothing_was_forecast() -> None:
    assert stated_confidence("<reasoning>Confidence: 0.9") is None
    assert stated_confidence("Confidence: 0.9") is None


@given(st.text(max_size=300))
def test_any_text_gives_a_probability_or_nothing(text: str) -> None:
    found = stated_confidence(text)
    assert found is None or 0.0 < found < 1.0
