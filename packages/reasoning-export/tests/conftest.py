"""A golden run directory, made anew: a tiny base with random weights, and its LoRA in Orbax."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from reasoning_export.gemma.families import ModelShape
from reasoning_export.gemma.tensor_layout import to_huggingface
from reasoning_export.gemma.tunix_shapes import full_shapes, lora_shapes
from reasoning_export.kaggle.kernel_folder import NOTEBOOKS
from reasoning_export.kaggle.wheels import PACKAGES

RANK, ALPHA = 4, 8.0

CONFIGS: dict[str, dict[str, Any]] = {
    "gemma3": {
        "architectures": ["Gemma3ForCausalLM"],
        "model_type": "gemma3_text",
        "num_hidden_layers": 2,
        "vocab_size": 320,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_attention_heads": 4,
        "num_key_value_heads": 1,
        "head_dim": 8,
        "sliding_window": 16,
        "layer_types": ["sliding_attention", "full_attention"],
        "query_pre_attn_scalar": 8,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1_000_000.0,
        "rope_local_base_freq": 10_000.0,
    },
    "gemma2": {
        "architectures": ["Gemma2ForCausalLM"],
        "model_type": "gemma2",
        "num_hidden_layers": 2,
        "vocab_size": 320,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "sliding_window": 16,
        "layer_types": ["sliding_attention", "full_attention"],
        "query_pre_attn_scalar": 8,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10_000.0,
        "attn_logit_softcapping": 50.0,
        "final_logit_softcapping": 30.0,
    },
}

CONFIGS["gemma3-multimodal"] = {
    "architectures": ["Gemma3ForConditionalGeneration"],
    "model_type": "gemma3",
    "text_config": {
        key: value
        for key, value in CONFIGS["gemma3"].items()
        # As in the published files, which leave out what transformers has as its default.
        if key not in ("architectures", "rms_norm_eps", "rope_theta", "rope_local_base_freq")
    }
    | {"rope_scaling": {"rope_type": "linear", "factor": 8.0}},
    "vision_config": {"model_type": "siglip_vision_model"},
}
"""Gemma 3 4B and larger: the text model is a part."""

Params = dict[str, np.ndarray[Any, Any]]


def random_params(shapes: dict[str, tuple[int, ...]], seed: int) -> Params:
    """Normal values of a trained network's size."""
    rng = np.random.default_rng(seed)
    return {
        name: (rng.normal(size=shape) * 0.2).astype(np.float32) for name, shape in shapes.items()
    }


def save_checkpoint(folder: Path, params: Params) -> None:
    """As Tunix does: a tree of the dotted names with `value` as last key."""
    import orbax.checkpoint as ocp

    tree: dict[str, Any] = {}
    for name, array in params.items():
        node = tree
        for part in name.split("."):
            node = node.setdefault(part, {})
        node["value"] = array
    ocp.PyTreeCheckpointer().save(folder.absolute(), tree)


def train_tokenizer(folder: Path) -> None:
    """A SentencePiece BPE with Gemma's ids and the markers that matter."""
    import sentencepiece as spm

    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(["12 + 7 = 19, so Ann has nineteen boxes", "user model"] * 50),
        model_prefix=str(folder / "tokenizer"),
        model_type="bpe",
        vocab_size=320,
        pad_id=0,
        eos_id=1,
        bos_id=2,
        eos_piece="<eos>",
        bos_piece="<bos>",
        unk_id=3,
        user_defined_symbols=[
            "<start_of_turn>",
            "<end_of_turn>",
            "<reasoning>",
            "</reasoning>",
            "<answer>",
            "</answer>",
            "\n",
            "\n\n",
            "▁▁",
        ],
        split_digits=True,
        byte_fallback=True,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=2,
    )
    (folder / "tokenizer.vocab").unlink()


@dataclass(frozen=True)
class Golden:
    """A run directory and what went into it."""

    run: Path
    base: Path
    config: dict[str, Any]
    params: Params
    lora: Params

    @property
    def shape(self) -> ModelShape:
        return ModelShape.from_config(self.config)

    def add_checkpoint(self, name: str, params: Params | None = None) -> Path:
        """Save `checkpoints/<name>`, by default with the weights of the one that is there."""
        folder = self.run / "checkpoints" / name
        save_checkpoint(folder / "model_params", self.lora if params is None else params)
        return folder

    def edit_manifest(self, **changes: Any) -> None:
        """Change top-level keys; a dictionary is merged."""
        path = self.run / "manifest.json"
        manifest = json.loads(path.read_text())
        for key, value in changes.items():
            old = manifest.get(key)
            both = isinstance(old, dict) and isinstance(value, dict)
            manifest[key] = {**old, **value} if both else value
        path.write_text(json.dumps(manifest))


MakeGolden = Callable[..., Golden]


@pytest.fixture(scope="session")
def tokenizer_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer(folder)
    return folder / "tokenizer.model"


@pytest.fixture
def golden_config() -> Callable[[str], dict[str, Any]]:
    """`golden_config(family)` gives the config of a golden base."""
    return CONFIGS.__getitem__


@pytest.fixture
def save_params() -> Callable[[Path, Params], None]:
    return save_checkpoint


@pytest.fixture
def make_golden(tmp_path: Path, tokenizer_model: Path) -> MakeGolden:
    """`make_golden(family, dtype=…, training=…)` writes a base and a run of it."""

    def make(
        family: str = "gemma3",
        *,
        dtype: Any = np.float32,
        training: str = "lora",
        **config_changes: Any,
    ) -> Golden:
        config = CONFIGS[family] | config_changes
        shape = ModelShape.from_config(config)
        base, run = tmp_path / "base", tmp_path / "run"
        base.mkdir()
        params = random_params(full_shapes(shape), seed=1)
        tensors = {name: array.astype(dtype) for name, array in to_huggingface(params, config)}
        if "text_config" in config:
            tensors = {f"language_model.{name}": array for name, array in tensors.items()}
            tensors["vision_tower.vision_model.post_layernorm.weight"] = np.ones(4, dtype)
        save_file(tensors, base / "model.safetensors", metadata={"format": "pt"})
        (base / "config.json").write_text(json.dumps(config))
        (base / "tokenizer.model").write_bytes(tokenizer_model.read_bytes())
        lora = random_params(lora_shapes(shape, RANK), seed=2)
        trained = lora if training == "lora" else random_params(full_shapes(shape), seed=3)
        save_checkpoint(run / "checkpoints" / "actor" / "7" / "model_params", trained)
        digests = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in base.iterdir()
        }
        manifest = {
            "format": 1,
            "base_model": {
                "name": f"tiny-{family}",
                "architecture": config["model_type"],
                "path": str(base),
                "sha256": digests,
            },
            "training": training,
            "lora": {"rank": RANK, "alpha": ALPHA, "targets": ".*"} if training == "lora" else None,
            "schema": {
                "reasoning": ["<reasoning>", "</reasoning>"],
                "answer": ["<answer>", "</answer>"],
            },
            "prompt_style": {"name": "gemma", "instructions": "Think.\n\n"},
            "data_manifest_sha256": "d" * 64,
            "packages": {"google-tunix": "0.1.7"},
            "git_commit": "c" * 40,
            "seed": 0,
        }
        (run / "manifest.json").write_text(json.dumps(manifest))
        return Golden(run, base, config, params, trained)

    return make


@pytest.fixture
def make_wheels(tmp_path: Path) -> Callable[..., Path]:
    """`make_wheels(*more)` writes a small wheel of each of our packages and of `more`."""

    def make(*more: str) -> Path:
        folder = tmp_path / "dist"
        folder.mkdir()
        for name in (*PACKAGES, *more):
            stem = f"{name.replace('-', '_')}-0.1.0"
            with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
                wheel.writestr(f"{stem}.dist-info/METADATA", f"Name: {name}\nVersion: 0.1.0\n")
        return folder

    return make


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A checkout's notebooks, without git."""
    folder = tmp_path / "repository"
    (folder / "notebooks").mkdir(parents=True)
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    notebook = {"cells": [cell | {"source": "1 + 1"}], "nbformat": 4, "nbformat_minor": 5}
    for name in NOTEBOOKS:
        (folder / f"notebooks/{name}.ipynb").write_text(json.dumps(notebook | {"metadata": {}}))
    return folder
