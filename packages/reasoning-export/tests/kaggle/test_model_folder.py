import json

import pytest

from reasoning_export import ExportError, verify
from reasoning_export.card.provenance import Kind
from reasoning_export.kaggle.model_folder import Wishes, stage_kaggle
from reasoning_export.kaggle.model_metadata import KaggleTarget, slugify

GOOD = {
    "owner": "ann",
    "model": "tiny-reasoning",
    "variation": "grpo",
    "kind": Kind.ORBAX,
    "title": "Tiny reasoning",
    "licence": "MIT",
}


def test_good_names_pass():
    assert KaggleTarget(**GOOD).handle == "ann/tiny-reasoning/jax/grpo"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("owner", "Ann B"),
        ("model", "ab"),
        ("model", "Tiny"),
        ("model", "a" * 51),
        ("variation", "grpo/1"),
        ("variation", "-grpo"),
        ("title", "tiny"),
        ("title", "t" * 51),
        ("licence", "Gemma"),
        ("base", "google/gemma-3"),
    ],
)
def test_what_kaggle_would_refuse_is_refused_here(field, value):
    with pytest.raises(ExportError, match=field):
        KaggleTarget(**GOOD | {field: value})


@pytest.mark.parametrize(
    ("text", "slug"),
    [("google/Gemma 3_1b-it", "google-gemma-3-1b-it"), ("a" * 80, "a" * 50), ("1.1-2b", "1-1-2b")],
)
def test_slugs(text, slug):
    assert slugify(text) == slug


@pytest.mark.parametrize(
    ("kind", "framework"),
    [(Kind.SAFETENSORS, "transformers"), (Kind.ADAPTER, "transformers"), (Kind.ORBAX, "jax")],
)
def test_everything_is_staged_and_verifies(make_golden, tmp_path, kind, framework):
    made = stage_kaggle(make_golden().run, tmp_path / "out", kind, Wishes(owner="ann"))
    assert f"/{framework}/" in made.target.handle
    assert "Kaggle's rules are kept" in verify(tmp_path / "out").checks[-1]
    model = json.loads((tmp_path / "out" / "model-metadata.json").read_text())
    assert model["description"].startswith("# tiny-gemma3")


def test_a_gemma_base_and_sub_folders_are_warned_about(make_golden, tmp_path):
    golden = make_golden()
    golden.edit_manifest(base_model={"name": "google/gemma-3-270m"})
    made = stage_kaggle(golden.run, tmp_path / "out", Kind.ORBAX, Wishes(owner="ann"))
    text = "\n".join(made.warnings)
    assert "no Gemma licence" in text
    assert "--dir-mode" in text
    assert made.target.model == "gemma-3-270m-reasoning"


def test_many_files_are_warned_about(make_golden, tmp_path, monkeypatch):
    monkeypatch.setattr("reasoning_export.kaggle.model_folder.MANY_FILES", 3)
    made = stage_kaggle(make_golden().run, tmp_path / "out", wishes=Wishes(owner="ann"))
    assert any("one archive" in line for line in made.warnings)


def test_metadata_edited_against_the_rules_is_named(make_golden, tmp_path):
    out = tmp_path / "out"
    stage_kaggle(make_golden().run, out, wishes=Wishes(owner="ann"))
    path = out / "model-metadata.json"
    metadata = json.loads(path.read_text())
    path.write_text(json.dumps(metadata | {"isPrivate": "true"}))
    with pytest.raises(ExportError, match="isPrivate"):
        verify(out)
    path.write_text(json.dumps(metadata | {"slug": "other"}))
    with pytest.raises(ExportError, match="'other'"):
        verify(out)
