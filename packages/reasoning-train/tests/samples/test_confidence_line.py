import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards import TraceStatus, parse
from reasoning_train.reward.stated import stated_confidence
from reasoning_train.samples.confidence_line import state_confidence

COMPACT = "<reasoning>3 + 4 = 7.</reasoning><answer>7</answer>"
SPACED = "<reasoning>\n3 + 4 = 7.\n</reasoning>\n<answer>7</answer>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (COMPACT, "<reasoning>3 + 4 = 7.\nConfidence: 0.6</reasoning><answer>7</answer>"),
        (SPACED, "<reasoning>\n3 + 4 = 7.\nConfidence: 0.6\n</reasoning>\n<answer>7</answer>"),
        (
            "<reasoning>3 + 4 = 7.\nConfidence: 0.95</reasoning><answer>7</answer>",
            "<reasoning>3 + 4 = 7.\nConfidence: 0.6</reasoning><answer>7</answer>",
        ),
        (
            "<reasoning>3 + 4 = 7. <confidence>0.2</confidence></reasoning><answer>7</answer>",
            "<reasoning>3 + 4 = 7.\nConfidence: 0.6</reasoning><answer>7</answer>",
        ),
    ],
)
def test_the_line_ends_the_reasoning_in_place_of_what_stood_there(text: str, expected: str) -> None:
    stated = state_confidence(text, 0.61)
    assert stated is not None
    assert stated.text == expected
    assert stated.text[stated.start : stated.end] == "Confidence: 0.6"


@given(st.sampled_from((COMPACT, SPACED)), st.floats(0, 1))
def test_the_reward_reads_what_was_written(text: str, rate: float) -> None:
    stated = state_confidence(text, rate)
    assert stated is not None
    assert parse(stated.text).status is TraceStatus.WELL_FORMED
    said = stated_confidence(stated.text)
    assert said is not None
    assert said * 20 == pytest.approx(round(said * 20))
    assert abs(said - min(max(rate, 0.05), 0.95)) <= 0.025 + 1e-9
    again = state_confidence(stated.text, rate)
    assert again == stated


def test_a_completion_without_a_closed_reasoning_states_nothing() -> None:
    assert state_confidence("7", 0.5) is None
