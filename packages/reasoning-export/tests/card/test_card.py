import json

import pytest

from reasoning_export import ExportError, Run
from reasoning_export.card.card import write_card
from reasoning_export.card.evaluation_table import evaluation_section
from reasoning_export.card.provenance import Kind

EVALUATION = {
    "n": 500,
    "accuracy": 0.964,
    "accuracy_lenient": 0.97,
    "well_formed": 1.0,
    "mean_reward": 0.91,
    "auroc": 0.8,
    "ece": 0.05,
    "brier": 0.04,
    "ci95": {"accuracy": [0.944, 0.977], "mean_reward": [0.9, 0.92]},
}


@pytest.fixture
def golden(make_golden):
    made = make_golden()
    (made.run / "evaluation").mkdir()
    return made


def evaluate(golden, stage="grpo", **changes):
    path = golden.run / "evaluation" / f"{stage}.json"
    path.write_text(json.dumps(EVALUATION | changes))
    return Run.open(golden.run)


def card(golden, tmp_path, kind=Kind.SAFETENSORS):
    write_card(tmp_path, Run.open(golden.run), kind)
    return (tmp_path / "README.md").read_text()


def test_every_stage_has_a_row_with_its_intervals(golden):
    evaluate(golden, "base", accuracy=0.0)
    table = evaluation_section(evaluate(golden))
    rows = [line for line in table.splitlines() if line.startswith(("| base", "| grpo"))]
    assert rows[0].startswith("| base | 500 | 0.000 (0.944 to 0.977) |")
    assert rows[1].endswith("| 1.000 | 0.910 (0.900 to 0.920) | 0.800 | 0.050 | 0.040 |")


def test_a_confidence_is_explained_where_the_model_states_one(golden, tmp_path):
    assert "Confidence:" not in card(golden, tmp_path)
    told = {"name": "bare", "instructions": "", "confidence": True}
    golden.edit_manifest(prompt_style=told)
    text = card(golden, tmp_path)
    assert "such as `Confidence: 0.8`" in text
    assert "its stated confidence is only as reliable as the calibration above" in text


def test_a_figure_that_is_not_there_is_a_dash(golden):
    assert "| 500 | — |" in evaluation_section(evaluate(golden, accuracy=None))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"accuracy": "high"}, "accuracy is 'high'"),
        ({"accuracy": True}, "accuracy is True"),
        ({"ece": float("nan")}, "ece is nan"),
        ({"ci95": [0.9, 1.0]}, "ci95 is"),
        ({"ci95": {"accuracy": [0.9]}}, r"ci95\.accuracy"),
        ({"ci95": {"accuracy": ["a", "b"]}}, "'a'"),
    ],
)
def test_an_evaluation_that_is_none_is_refused(golden, changes, message):
    with pytest.raises(ExportError, match=message):
        evaluation_section(evaluate(golden, **changes))


def test_a_run_without_evaluation_says_so(golden):
    assert "was not evaluated" in evaluation_section(Run.open(golden.run))


def test_the_trainers_own_summary_goes_before_a_table_of_ours(golden):
    evaluate(golden)
    (golden.run / "evaluation/summary.md").write_text("| model | n |\n\n- GRPO is better.\n")
    section = evaluation_section(Run.open(golden.run))
    assert section == "## Evaluation\n\n| model | n |\n\n- GRPO is better.\n"


def test_a_summary_from_elsewhere_too_long_or_no_text_is_refused(golden, tmp_path):
    summary = golden.run / "evaluation/summary.md"
    (tmp_path / "secret").write_text("secret")
    summary.symlink_to(tmp_path / "secret")
    with pytest.raises(ExportError, match="link out of the run"):
        evaluation_section(Run.open(golden.run))
    summary.unlink()
    for content, message in ((b"x" * 70_000, "70000 bytes"), (b"\xff\xfe", "not UTF-8")):
        summary.write_bytes(content)
        with pytest.raises(ExportError, match=message):
            evaluation_section(Run.open(golden.run))


@pytest.mark.parametrize(("done", "said"), [(["sft"], True), (["sft", "grpo"], False)])
def test_a_checkpoint_in_the_middle_of_training_is_said_so(golden, tmp_path, done, said):
    (golden.run / "state.json").write_text(json.dumps({"done": done}))
    assert ("Training had not finished" in card(golden, tmp_path)) is said


def test_the_card_holds_the_chain_from_weights_to_commit(golden, tmp_path):
    golden.edit_manifest(packages={"reasoning-rewards": "0.1.0", "reasoning-train": "0.2.0"})
    text = card(golden, tmp_path)
    for line in (
        "| weights | checkpoint `actor/7`, SHA-256 `",
        f"| data | manifest with SHA-256 `{'d' * 64}` |",
        "| reward | `reasoning-rewards` 0.1.0 |",
        "| trainer | `reasoning-train` 0.2.0 |",
        f"| code | git commit `{'c' * 40}` |",
    ):
        assert line in text


def test_what_was_not_recorded_is_said_not_left_out(golden, tmp_path):
    golden.edit_manifest(git_commit=None, packages=None)
    text = card(golden, tmp_path)
    assert "| code | not recorded |" in text
    assert "| reward | not recorded |" in text


@pytest.mark.parametrize("kind", Kind)
def test_schema_prompt_and_use_are_in_every_card(golden, tmp_path, kind):
    text = card(golden, tmp_path, kind)
    assert "<reasoning>…</reasoning>" in text
    assert '`"Think.\\n\\n"`' in text
    assert "## Use" in text


def test_gemmas_terms_are_carried_over(golden, tmp_path):
    golden.edit_manifest(base_model={"name": "google/gemma-3-1b-it"})
    assert "https://ai.google.dev/gemma/terms" in card(golden, tmp_path)


@pytest.mark.parametrize("schema", [{"answer": 5}, {"answer": ["<a>"]}, {"answer": [1, 2]}])
def test_a_schema_that_is_none_is_refused(golden, tmp_path, schema):
    golden.edit_manifest(schema=schema)
    with pytest.raises(ExportError, match=r"schema\.answer"):
        card(golden, tmp_path)


def test_full_training_is_named_with_and_without_the_lora_key(make_golden, tmp_path):
    golden = make_golden("gemma2", training="full")
    text = card(golden, tmp_path)
    assert "all weights trained" in text
    path = golden.run / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["lora"]
    path.write_text(json.dumps(manifest))
    assert card(golden, tmp_path).replace('  "lora": null,\n', "") == text.replace(
        '  "lora": null,\n', ""
    )
