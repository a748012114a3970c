import json

import pytest

from reasoning_export import Run
from reasoning_export.card.card import write_card
from reasoning_export.card.model_index import model_index
from reasoning_export.card.provenance import Kind


@pytest.fixture
def golden(make_golden):
    made = make_golden()
    (made.run / "evaluation").mkdir()
    (made.run / "data").mkdir()
    return made


def evaluate(golden, **changes):
    found = {"n": 500, "accuracy": 0.89249, "well_formed": 1.0, "checkpoint": "actor/7"} | changes
    (golden.run / "evaluation/grpo.json").write_text(json.dumps(found))


def data(golden, *sources):
    listed = [
        {"name": name, "rows": 9, "location": hub_id, "revision": "e" * 40}
        for name, hub_id in sources
    ]
    (golden.run / "data/manifest.json").write_text(json.dumps({"sources": listed}))


def test_the_hub_reads_figures_and_data_set_from_the_card(golden, tmp_path):
    repocard = pytest.importorskip("huggingface_hub", reason="needs reasoning-export[hub]")
    evaluate(golden)
    data(golden, ("gsm8k", "openai/gsm8k"))
    golden.edit_manifest(base_model={"source": "hub", "id": "google/gemma-3-1b-it"})
    golden.edit_manifest(base_model={"license": "gemma"})
    write_card(tmp_path, Run.open(golden.run), Kind.ADAPTER)
    read = repocard.ModelCard.load(tmp_path / "README.md").data
    assert (read.base_model, read.license) == ("google/gemma-3-1b-it", "gemma")
    assert read.to_dict()["base_model_relation"] == "adapter"
    assert (read.datasets, read.metrics) == (["openai/gsm8k"], ["accuracy"])
    first, second = read.eval_results
    assert (first.dataset_type, first.metric_type, first.metric_value) == (
        "openai/gsm8k",
        "accuracy",
        0.8925,
    )
    assert second.metric_type == "well_formed"
    assert "n = 500" in first.metric_name


def test_an_evaluation_of_other_weights_is_left_out(golden):
    evaluate(golden, checkpoint="actor/30")
    assert model_index(Run.open(golden.run)) == []


@pytest.mark.parametrize("accuracy", [None, "high", float("nan")])
def test_a_figure_that_is_no_number_is_left_out(golden, accuracy):
    evaluate(golden, accuracy=accuracy, well_formed=None)
    assert model_index(Run.open(golden.run)) == []


def test_problems_of_several_sources_are_no_data_set_of_the_hub(golden):
    evaluate(golden)
    data(golden, ("gsm8k", "openai/gsm8k"), ("arithmetic", None))
    found = model_index(Run.open(golden.run))[0]["results"][0]["dataset"]
    assert found == {"type": "held-out", "name": "held-out problems of openai/gsm8k, arithmetic"}
