import json

import pytest

from reasoning_export.card.confidence_map import confidence_map
from reasoning_export.inputs.run_directory import Run

FITTED = {
    "method": "isotonic",
    "fitted_on": "validation problems",
    "n": 200,
    "note": "",
    "stated": [0.1, 0.9],
    "share": [0.2, 0.6],
    "ece": 0.03,
}


@pytest.fixture
def golden(make_golden):
    made = make_golden("gemma3")
    (made.run / "evaluation").mkdir()
    return made


def test_the_map_is_that_of_the_exported_checkpoint(golden):
    path = golden.run / "evaluation" / "grpo.json"
    assert confidence_map(Run.open(golden.run)) is None
    path.write_text(json.dumps({"checkpoint": "actor/7", "post_hoc": FITTED}))
    found = confidence_map(Run.open(golden.run))
    assert found == {key: FITTED[key] for key in ("method", "fitted_on", "n", "stated", "share")}
    path.write_text(json.dumps({"checkpoint": "actor/6", "post_hoc": FITTED}))
    assert confidence_map(Run.open(golden.run)) is None
    path.write_text(json.dumps({"checkpoint": "actor/7", "post_hoc": None}))
    assert confidence_map(Run.open(golden.run)) is None
