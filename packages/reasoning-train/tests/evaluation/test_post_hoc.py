import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_rewards import calibration_report
from reasoning_train.evaluation.post_hoc import FEWEST, ConfidenceMap, post_hoc

RNG = np.random.default_rng(0)
GRID = np.arange(1, 20) / 20
STATED = RNG.choice(GRID, 600).tolist()
RIGHT = (RNG.random(600) < np.array(STATED) ** 3).tolist()
"""Overconfident: what is stated as .5 is right in one of eight."""
FORECASTS = st.lists(st.tuples(st.sampled_from(list(GRID)), st.booleans()), min_size=1)


@given(FORECASTS, st.floats(0, 1), st.floats(0, 1))
def test_a_map_never_turns_an_order_round(
    forecasts: list[tuple[float, bool]], one: float, other: float
) -> None:
    fitted = ConfidenceMap.fit([c for c, _ in forecasts], [ok for _, ok in forecasts])
    low, high = sorted((one, other))
    assert 0.0 < fitted(low) <= fitted(high) < 1.0


def test_overconfidence_is_mended_on_answers_that_the_map_never_saw() -> None:
    raw = calibration_report(STATED, RIGHT)
    alone = post_hoc(STATED, RIGHT)
    assert alone.fitted_on == "the evaluation's other folds"
    validated = post_hoc(STATED[:300], RIGHT[:300], (STATED[300:], RIGHT[300:]))
    assert (validated.fitted_on, validated.n) == ("validation problems", 300)
    for found, outcomes in ((alone, RIGHT), (validated, RIGHT[:300])):
        mapped = calibration_report(found.mapped, outcomes)
        assert mapped.ece < raw.ece / 2
        assert mapped.brier < raw.brier


def test_no_answer_is_mapped_by_a_map_that_was_fitted_on_it() -> None:
    """The calibration error of a map on what it was fitted on is 0, whatever it is worth."""
    stated = [i / 1000 for i in range(1000)]
    right = (np.random.default_rng(1).random(1000) < 0.5).tolist()
    cheating = ConfidenceMap.fit(stated, right)
    own = calibration_report([cheating(c) for c in stated], right)
    honest = calibration_report(post_hoc(stated, right).mapped, right)
    assert own.ece < 1e-3 < honest.ece


def test_too_few_and_one_value_are_said() -> None:
    few = post_hoc(STATED[: FEWEST - 1], RIGHT[: FEWEST - 1])
    assert (few.map, few.mapped) == (None, ())
    assert few.note == "29 predictions state a confidence, too few to fit a map: 30 are needed"
    one = post_hoc([0.85] * 40, [True] * 10 + [False] * 30)
    assert "one value is stated" in one.note
    assert one.map is not None
    assert one.map(0.85) == one.map(0.1) == pytest.approx(0.25)


def test_a_record_gives_the_map_back() -> None:
    found = post_hoc(STATED, RIGHT)
    record = json.loads(json.dumps(found.as_dict()))
    assert ConfidenceMap.read(record) == found.map
    for damaged in (
        None, [], {}, {"stated": [0.1]}, {"stated": [], "share": []},
        {"stated": [0.1], "share": [0.1, 0.2]}, {"stated": ["a"], "share": [0.1]},
        {"stated": [2.0], "share": [0.1]},
    ):  # fmt: skip
        assert ConfidenceMap.read(damaged) is None
