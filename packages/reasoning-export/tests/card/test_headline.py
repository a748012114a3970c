"""An export says which weights it holds, and what the trainer found to be serious."""

import json

import pytest

from reasoning_export import ExportError, Run, Stage, Wanted, export_adapter, verify
from reasoning_export.card.headline import holds, serious

WORSE = "GRPO made the model worse: 50.0 → 0.0 %, p < .001."
NONE_RIGHT = "SFT has not one of 40 problems right."


@pytest.fixture
def golden(make_golden):
    made = make_golden()
    made.add_checkpoint("sft/3")
    (made.run / "evaluation").mkdir()
    text = f"> **Serious:** {WORSE}\n>\n> **Serious:** {NONE_RIGHT}\n\n| model | n |\n"
    (made.run / "evaluation/summary.md").write_text(text)
    return made


def choose(golden, **changes):
    choice = {"step": 7, "of": 30, "mean_reward": 0.8125, "n": 16, "ci95": [0.7, 0.9]} | changes
    (golden.run / "checkpoints/best.json").write_text(json.dumps(choice))


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (7, "GRPO, step 7 of 30, the best by validation (mean reward 0.812 on 16 problems)"),
        (5, "GRPO, step 7 of 30, not the best by validation, which is step 5"),
    ],
)
def test_validations_choice_is_named(golden, step, said):
    choose(golden, step=step)
    assert holds(Run.open(golden.run)) == said


def test_the_sft_policy_as_the_best_is_called_so(golden):
    choose(golden, step=0)
    golden.add_checkpoint("actor/0")
    assert holds(Run.open(golden.run, wanted=Wanted(step=0))).startswith(
        "the SFT policy, step 0 of"
    )


@pytest.mark.parametrize("choice", ["[1]", "{}", '{"step": "x", "of": 3}'])
def test_a_choice_that_is_none_is_left_out_or_refused(golden, choice):
    (golden.run / "checkpoints/best.json").write_text(choice)
    if choice == "[1]":
        with pytest.raises(ExportError, match=r"best\.json"):
            holds(Run.open(golden.run))
    else:
        assert holds(Run.open(golden.run)) == "GRPO, step 7"


def test_what_is_serious_is_on_the_card_and_in_the_checks(golden, tmp_path):
    out = export_adapter(golden.run, tmp_path / "out")
    card = (out / "README.md").read_text()
    assert card.index(f"> **Serious: {WORSE}**") < card.index("## Use")
    assert verify(out).warnings[:2] == (f"SERIOUS: {WORSE}", f"SERIOUS: {NONE_RIGHT}")


def test_harm_that_grpo_did_is_not_said_of_the_weights_before_it(golden):
    assert serious(Run.open(golden.run)) == [WORSE, NONE_RIGHT]
    assert serious(Run.open(golden.run, wanted=Wanted(Stage.SFT))) == [NONE_RIGHT]
