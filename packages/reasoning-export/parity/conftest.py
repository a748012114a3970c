"""Runs made by Tunix itself: a tiny base, what was trained, its checkpoint manager, its logits.

What was trained is LoRA by qwix, or, in the families that end in `-full`, every weight.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
import pytest
import qwix
import sentencepiece as spm
from flax import nnx
from safetensors.numpy import save_file
from tunix.models.gemma import model as gemma2
from tunix.models.gemma3 import model as gemma3
from tunix.sft.checkpoint_manager import CheckpointManager

from reasoning_export import to_huggingface

RANK, ALPHA, STEP = 8, 16.0, 7
TARGETS = ".*q_einsum|.*kv_einsum|.*qkv_einsum|.*gate_proj|.*down_proj|.*up_proj|.*attn_vec_einsum"
VOCABULARY, WINDOW = 320, 16
TOKENS = [2, *np.random.default_rng(0).integers(4, VOCABULARY, 39).tolist()]
"""Longer than the sliding window, so that local and global layers differ."""

NEW_TOKENS = 12
LENGTH = len(TOKENS) + NEW_TOKENS

COMMON: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_attention_heads": 4,
    "head_dim": 16,
    "query_pre_attn_scalar": 16,
    "sliding_window": WINDOW,
    "hidden_activation": "gelu_pytorch_tanh",
    "rms_norm_eps": 1e-6,
    "bos_token_id": 2,
    "eos_token_id": 1,
    "pad_token_id": 0,
}
SIZES = {"num_embed": VOCABULARY, "embed_dim": 64, "hidden_dim": 96, "num_heads": 4, "head_dim": 16}


def gemma3_model(factor: float = 1.0) -> tuple[nnx.Module, dict[str, Any]]:
    model = gemma3.Gemma3(
        gemma3.ModelConfig(
            num_layers=6,
            num_kv_heads=1,
            sliding_window_size=WINDOW,
            global_base_frequency=1_000_000,
            global_scale_factor=factor,
            param_dtype=jnp.float32,
            **SIZES,
        ),
        rngs=nnx.Rngs(0),
    )
    return model, COMMON | {
        "architectures": ["Gemma3ForCausalLM"],
        "model_type": "gemma3_text",
        "num_hidden_layers": 6,
        "num_key_value_heads": 1,
        "layer_types": ["sliding_attention"] * 5 + ["full_attention"],
        "rope_theta": 1_000_000.0,
        "rope_local_base_freq": 10_000.0,
    }


def gemma3_multimodal_model() -> tuple[nnx.Module, dict[str, Any]]:
    """As Gemma 3 4B: the text model is part of one that reads images, and its positions scaled."""
    model, text = gemma3_model(factor=8.0)
    del text["architectures"], text["rope_theta"], text["rope_local_base_freq"]
    return model, {
        "architectures": ["Gemma3ForConditionalGeneration"],
        "model_type": "gemma3",
        "text_config": text | {"rope_scaling": {"rope_type": "linear", "factor": 8.0}},
        "vision_config": {
            "model_type": "siglip_vision_model",
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "image_size": 32,
            "patch_size": 16,
            "vision_use_head": False,
        },
        "mm_tokens_per_image": 4,
        "boi_token_index": 10,
        "eoi_token_index": 11,
        "image_token_index": 12,
    }


def gemma2_model(kv_heads: int = 2) -> tuple[nnx.Module, dict[str, Any]]:
    kinds = (gemma2.AttentionType.LOCAL_SLIDING, gemma2.AttentionType.GLOBAL)
    model = gemma2.Gemma(
        gemma2.ModelConfig(
            num_layers=4,
            num_kv_heads=kv_heads,
            sliding_window_size=WINDOW,
            final_logit_softcap=30.0,
            attn_logits_soft_cap=50.0,
            use_post_attn_norm=True,
            use_post_ffw_norm=True,
            attention_types=kinds * 2,
            **SIZES,
        ),
        rngs=nnx.Rngs(0),
    )
    return model, COMMON | {
        "architectures": ["Gemma2ForCausalLM"],
        "model_type": "gemma2",
        "num_hidden_layers": 4,
        "num_key_value_heads": kv_heads,
        "layer_types": ["sliding_attention", "full_attention"] * 2,
        "rope_theta": 10_000.0,
        "attn_logit_softcapping": 50.0,
        "final_logit_softcapping": 30.0,
    }


MODELS = {
    "gemma3": gemma3_model,
    "gemma3-multimodal": gemma3_multimodal_model,
    "gemma2": gemma2_model,
    "gemma2-fused": lambda: gemma2_model(kv_heads=4),
    "gemma3-full": gemma3_model,
    "gemma2-full": gemma2_model,
}


TRAINING: dict[str, Any] = {
    "lora": {"training": "lora", "lora": {"rank": RANK, "alpha": ALPHA, "targets": TARGETS}},
    "full": {"training": "full"},
}


def add_lora(model: Any, seed: int) -> Any:
    """The model with adapters, as training adds them."""
    mesh = jax.make_mesh((1, 1), ("fsdp", "tp"), axis_types=(jax.sharding.AxisType.Auto,) * 2)
    provider = qwix.LoraProvider(module_path=TARGETS, rank=RANK, alpha=ALPHA)
    with mesh:
        return qwix.apply_lora_to_model(
            model, provider, rngs=nnx.Rngs(seed), **model.get_model_input()
        )


def randomise(state: Any, seed: int, size: float) -> Any:
    """Tunix starts feed-forward kernels and LoRA's B at zero."""
    leaves, tree = jax.tree.flatten(state)
    keys = jax.random.split(jax.random.key(seed), len(leaves))
    drawn = [
        size * jax.random.normal(k, x.shape, jnp.float32) for k, x in zip(keys, leaves, strict=True)
    ]
    return jax.tree.unflatten(tree, drawn)


@nnx.jit
def forward(model: nnx.Module, tokens: jax.Array) -> jax.Array:
    count = tokens.shape[1]
    mask = jnp.tril(jnp.ones((1, count, count), bool))
    return model(tokens, jnp.arange(count)[None], None, mask)[0]


def tunix_logits(model: nnx.Module, tokens: list[int]) -> np.ndarray[Any, Any]:
    """Padded to one length, which a causal model does not see, so that it compiles once."""
    padded = [*tokens, *[0] * (LENGTH - len(tokens))]
    return np.asarray(forward(model, jnp.array([padded])))[0, : len(tokens)]


@dataclass(frozen=True)
class TunixRun:
    family: str
    run: Path
    base: Path
    logits: np.ndarray[Any, Any]
    greedy: list[int]

    @property
    def full(self) -> bool:
        """Whether every weight was trained."""
        return self.family.endswith("-full")


def load_in_transformers(folder: Path) -> Any:
    """Eager attention: the default one leaves out Gemma 2's soft cap on attention."""
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager")


@pytest.fixture
def load() -> Any:
    return load_in_transformers


@pytest.fixture(scope="session", params=MODELS)
def tunix_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TunixRun:
    folder = tmp_path_factory.mktemp(request.param)
    base, run = folder / "base", folder / "run"
    base.mkdir()
    model, config = MODELS[request.param]()
    nnx.update(model, randomise(nnx.state(model, nnx.Param), seed=0, size=0.15))
    flat = nnx.to_flat_state(nnx.state(model, nnx.Param))
    params = {".".join(map(str, path)): np.asarray(leaf.get_value()) for path, leaf in flat}
    tensors = dict(to_huggingface(params, config))
    (base / "config.json").write_text(json.dumps(config))
    if "text_config" in config:
        save_within_multimodal(tensors, base)
    else:
        save_file(tensors, base / "model.safetensors", {"format": "pt"})
    write_tokenizer(base)

    full = request.param.endswith("-full")
    if full:
        policy = model
        nnx.update(policy, randomise(nnx.state(policy, nnx.Param), seed=3, size=0.15))
    else:
        policy = add_lora(model, seed=1)
        nnx.update(policy, randomise(nnx.state(policy, nnx.LoRAParam), seed=3, size=0.05))
    manager = CheckpointManager(
        str(run / "checkpoints" / "actor"), ocp.CheckpointManagerOptions(save_interval_steps=1)
    )
    manager.save(STEP, policy, None, save_only_lora_params=not full, force=True)
    manager.close()

    logits = tunix_logits(policy, TOKENS)
    save_file({"tokens": np.array(TOKENS, np.int32), "logits": logits}, run / "probe.safetensors")
    manifest = {
        "format": 1,
        "base_model": {
            "name": request.param,
            "architecture": config["model_type"],
            "path": str(base),
            "sha256": {
                path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in base.iterdir()
            },
        },
        **TRAINING["full" if full else "lora"],
        "schema": {
            "reasoning": ["<reasoning>", "</reasoning>"],
            "answer": ["<answer>", "</answer>"],
        },
        "prompt_style": {"name": "bare", "instructions": ""},
    }
    (run / "manifest.json").write_text(json.dumps(manifest))
    greedy = list(TOKENS)
    for _ in range(NEW_TOKENS):
        greedy.append(int(tunix_logits(policy, greedy)[-1].argmax()))
    return TunixRun(request.param, run, base, logits, greedy)


def save_within_multimodal(tensors: dict[str, Any], folder: Path) -> None:
    """Let `transformers` write the whole model, so that its names are those of real folders."""
    import torch
    from transformers import AutoConfig, Gemma3ForConditionalGeneration

    model = Gemma3ForConditionalGeneration(AutoConfig.from_pretrained(folder))
    state = {name.removeprefix("model."): torch.tensor(x) for name, x in tensors.items()}
    model.model.language_model.load_state_dict(state)
    model.save_pretrained(folder)


def write_tokenizer(folder: Path) -> None:
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(["12 + 7 = 19, so Ann has nineteen boxes", "user model"] * 50),
        model_prefix=str(folder / "tokenizer"),
        model_type="bpe",
        vocab_size=VOCABULARY,
        pad_id=0,
        eos_id=1,
        bos_id=2,
        eos_piece="<eos>",
        bos_piece="<bos>",
        unk_id=3,
        user_defined_symbols=["<start_of_turn>", "<end_of_turn>", "\n", "▁▁"],
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
