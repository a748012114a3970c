"""Unsuitable model folders are refused with one clear line, before loading."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from reasoning_train.errors import UserError
from reasoning_train.models import MODELS, locate_base
from reasoning_train.models.check import check_folder, check_targets

NORM = "model.norm.weight"


def configure(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def drop_from_config(folder: Path, key: str) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({k: v for k, v in json.loads(path.read_text()).items() if k != key}))


def change_weights(folder: Path, change: Callable[[dict[str, np.ndarray]], object]) -> None:
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors")


def rename(weights: dict[str, np.ndarray]) -> None:
    weights["model.layers.0.other.weight"] = weights.pop("model.layers.0.mlp.up_proj.weight")


def halve_norm(weights: dict[str, np.ndarray]) -> None:
    weights[NORM] = weights[NORM].astype(np.float16)


@pytest.fixture
def folder(gemma2_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(gemma2_folder, tmp_path / "model")


def test_whole_folders_pass(
    folder: Path, base_folder: Path, gemma3_multimodal_folder: Path
) -> None:
    check_folder(folder, "gemma2")
    assert locate_base("gemma3-4b-it", str(gemma3_multimodal_folder)).folder.is_dir()
    check_folder(base_folder, "gemma3_text")
    assert locate_base("gemma2-2b-it", str(folder)).architecture == "gemma2"


@pytest.mark.parametrize(
    ("breakage", "message"),
    [
        (lambda f: (f / "config.json").write_text("{"), r"cannot read '.*config.json'"),
        (lambda f: (f / "config.json").unlink(), r"cannot read '.*config.json'"),
        (lambda f: configure(f, model_type="llama"), "holds a 'llama' model, not 'gemma2'"),
        (lambda f: configure(f, num_hidden_layers=None), "num_hidden_layers is None"),
        (lambda f: drop_from_config(f, "final_logit_softcapping"), "lacks 'final_logit_softcap"),
        (lambda f: drop_from_config(f, "sliding_window"), "lacks 'sliding_window'"),
        (lambda f: configure(f, query_pre_attn_scalar=144), "query_pre_attn_scalar is 144, .* 8"),
        (lambda f: configure(f, rms_norm_eps=1e-5), "rms_norm_eps is 1e-05"),
        (lambda f: configure(f, rope_theta=1e6), "rope_theta is 1e"),
        (lambda f: configure(f, rope_scaling={"type": "linear", "factor": 8}), "scaling factor 8"),
        (
            lambda f: configure(f, rope_parameters={"full_attention": {"rope_type": "yarn"}}),
            "positions by 'yarn'",
        ),
        (lambda f: configure(f, layer_types=["full_attention"] * 2), "layer_types is"),
        (lambda f: (f / "model.safetensors").unlink(), "lacks 'model.safetensors'"),
        (
            lambda f: (f / "model.safetensors").write_bytes(b"x" * 99),
            "is not a complete safetensors file",
        ),
        (lambda f: change_weights(f, lambda w: w.pop(NORM)), f"lacks the tensor '{NORM}'"),
        (lambda f: change_weights(f, rename), "hold 'model.layers.0.other.weight'"),
        (lambda f: configure(f, intermediate_size=64), r"has shape .* config.json says \(64, 32\)"),
        (lambda f: change_weights(f, halve_norm), "mixes F16 and F32"),
        (
            lambda f: shutil.copyfile(f / "model.safetensors", f / "old.safetensors"),
            "'old.safetensors' .* would be loaded too",
        ),
        (
            lambda f: (f / "tokenizer.model").unlink(),
            "has neither tokenizer.model nor tokenizer.js",
        ),
        (lambda f: configure(f, eos_token_id=[7, 8]), r"eos token is 1 or 5, but .* \[7, 8\]"),
        (lambda f: configure(f, pad_token_id=7), "pad token is 0 or 1 or 5, but .* 7"),
        (
            lambda f: configure(f, bos_token_id=3),
            "bos token is 2, but config.json has bos_token_id 3",
        ),
    ],
)
def test_what_does_not_fit_is_said_in_a_line(
    folder: Path, breakage: Callable[[Path], object], message: str
) -> None:
    breakage(folder)
    with pytest.raises(UserError, match=message) as caught:
        check_folder(folder, "gemma2")
    assert "\n" not in str(caught.value)


def test_a_tokenizer_of_a_larger_vocabulary_is_of_another_model(folder: Path) -> None:
    configure(folder, vocab_size=256)
    name = "model.embed_tokens.weight"
    change_weights(folder, lambda w: w.update({name: w[name][:256]}))
    with pytest.raises(UserError, match=r"the tokenizer has 512 tokens, .* only 256 rows"):
        check_folder(folder, "gemma2")


def test_newer_and_older_configurations_of_rotary_embeddings_pass(folder: Path) -> None:
    configure(folder, rope_parameters={"rope_type": "default", "rope_theta": 10000.0})
    check_folder(folder, "gemma2")
    configure(folder, rope_scaling=None, eos_token_id=[1, 107])
    check_folder(folder, "gemma2")


@pytest.mark.parametrize("ids", [{"eos_token_id": 5}, {"pad_token_id": 1}, {"pad_token_id": 5}])
def test_other_trainers_ends_and_padding_pass(folder: Path, ids: dict[str, int]) -> None:
    """Some declare `<end_of_turn>` as EOS, and pad with either end token."""
    configure(folder, **ids)
    check_folder(folder, "gemma2")


def test_the_name_says_the_family(folder: Path) -> None:
    with pytest.raises(UserError, match="holds a 'gemma2' model, not 'gemma3_text'"):
        locate_base("gemma3-1b-it", str(folder))


def test_unknown_names_are_answered_with_the_known(folder: Path) -> None:
    with pytest.raises(UserError, match=r"unknown model 'gemma'.*gemma2-2b-it"):
        locate_base("gemma", str(folder))
    assert {"gemma3-270m", "gemma3-1b-it", "gemma3-1b-pt", "gemma2-2b-it", "gemma2-2b"} < set(
        MODELS
    )


@pytest.mark.parametrize("targets", [".*q_einsum|.*down_proj", "layers/1/mlp/.*"])
def test_targets_that_match_pass(folder: Path, targets: str) -> None:
    check_targets(folder, targets)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (".*q_proj", r"'\.\*q_proj' matches no module; .* layers/0/attn/q_einsum"),
        ("q_einsum", "matches no module"),
        ("(", "is not a regular expression"),
    ],
)
def test_targets_that_match_nothing_are_answered_with_the_modules(
    folder: Path, targets: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        check_targets(folder, targets)
