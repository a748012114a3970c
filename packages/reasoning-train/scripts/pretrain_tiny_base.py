"""Pre-train the base of the `tiny` preset on plain text of our own making, on a CPU.

    uv run python packages/reasoning-train/scripts/pretrain_tiny_base.py OUT_DIR

OUT_DIR holds `tokenizer.model` from make_tiny_tokenizer.py. Two phases: sums and one-step stories,
then a shorter one with two-step stories besides. Left out on purpose: the schema, its tags, and
every held-out problem. The skill is in the base, SFT teaches the schema, and GRPO brings the skill
out, as with the real models. A phase whose weights lie in OUT_DIR is not trained again. The log
printed here is kept beside this script. Afterwards add_confidence_piece.py gives OUT_DIR the token
of the confidence line.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import sentencepiece as spm
from flax import nnx
from safetensors.numpy import load_file, save_file
from tunix.models.gemma3.model import Gemma3, ModelConfig

from reasoning_data.sources.pretraining_text import plain_text, worked_text
from reasoning_export import to_huggingface
from reasoning_train.loop.host_memory import keep_freed_memory

SEED = 0
BATCH = 64
LENGTH = 88


@dataclass(frozen=True)
class Phase:
    """One stretch of training with its own text and schedule."""

    name: str
    text: Callable[..., Iterator[str]]
    steps: int
    peak_learning_rate: float
    warmup_steps: int


PHASES = (
    Phase("pretrain", plain_text, 3000, 3e-3, 100),
    Phase("midtrain", worked_text, 1200, 2e-3, 50),
)

MARKERS = [
    "<start_of_turn>",
    "<end_of_turn>",
    "<reasoning>",
    "</reasoning>",
    "<answer>",
    "</answer>",
]
MARKER_NORM = 1.3
"""That of the tokens which the text holds."""

CONFIG = ModelConfig(
    num_layers=4,
    num_embed=512,
    embed_dim=128,
    hidden_dim=256,
    num_heads=2,
    num_kv_heads=1,
    head_dim=64,
    sliding_window_size=64,
    local_base_frequency=10_000,
    global_base_frequency=1_000_000,
    param_dtype=jnp.float32,
)


def batches(tokenizer: spm.SentencePieceProcessor, lines: Iterator[str]) -> Iterator[np.ndarray]:
    """Windows of the text, BOS first, `[BATCH, LENGTH + 1]`; lines run on across windows."""
    buffer: list[int] = []
    newline = tokenizer.piece_to_id("\n")
    while True:
        rows = []
        while len(rows) < BATCH:
            while len(buffer) < LENGTH:
                buffer += [*tokenizer.encode(next(lines)), newline]
            rows.append([tokenizer.bos_id(), *buffer[:LENGTH]])
            buffer = buffer[LENGTH:]
        yield np.array(rows, dtype=np.int32)


def randomise(model: Gemma3, key: jax.Array) -> None:
    """Fan-in scaled normal weights: Tunix starts feed-forward kernels at zero."""
    state = nnx.state(model, nnx.Param)
    leaves, tree = jax.tree.flatten(state)
    keys = jax.random.split(key, len(leaves))

    def draw(leaf: jax.Array, leaf_key: jax.Array) -> jax.Array:
        if leaf.ndim < 2:
            return leaf
        fan_in = leaf.shape[0] if leaf.ndim == 2 else leaf.shape[-2]
        if leaf.shape == (CONFIG.num_embed, CONFIG.embed_dim):
            fan_in = CONFIG.embed_dim
        if leaf.shape == (CONFIG.num_heads, CONFIG.head_dim, CONFIG.embed_dim):
            fan_in = CONFIG.num_heads * CONFIG.head_dim
        return jax.random.normal(leaf_key, leaf.shape, leaf.dtype) * fan_in**-0.5

    nnx.update(model, jax.tree.unflatten(tree, list(map(draw, leaves, keys))))


def main(out: Path) -> None:
    keep_freed_memory()
    tokenizer = spm.SentencePieceProcessor(model_file=str(out / "tokenizer.model"))
    model = Gemma3(CONFIG, rngs=nnx.Rngs(SEED))
    randomise(model, jax.random.key(SEED))
    for phase in PHASES:
        weights = out / f"{phase.name}.safetensors"
        if weights.exists():
            nnx.update(model, unflatten(model, load_file(str(weights))))
        else:
            train(model, tokenizer, phase)
            save_file(flatten(model), str(weights))
    renew_markers(model, [tokenizer.piece_to_id(piece) for piece in MARKERS])
    save(model, out)


def train(model: Gemma3, tokenizer: spm.SentencePieceProcessor, phase: Phase) -> None:
    """Train the model in place with Adam from a fresh state."""
    schedule = optax.warmup_cosine_decay_schedule(
        0.0, phase.peak_learning_rate, phase.warmup_steps, phase.steps, 1e-5
    )
    tx = optax.chain(
        optax.clip_by_global_norm(1.0), optax.adamw(schedule, b2=0.98, weight_decay=0.01)
    )
    optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
    positions = jnp.broadcast_to(jnp.arange(LENGTH), (BATCH, LENGTH))
    causal = jnp.broadcast_to(jnp.tril(jnp.ones((LENGTH, LENGTH), bool)), (BATCH, LENGTH, LENGTH))

    def loss_fn(model: Gemma3, tokens: jax.Array) -> jax.Array:
        logits, _ = model(tokens[:, :-1], positions, None, causal)
        return optax.softmax_cross_entropy_with_integer_labels(logits, tokens[:, 1:]).mean()

    @nnx.jit(donate_argnames=("optimizer",))
    def step(model: Gemma3, optimizer: nnx.Optimizer, tokens: jax.Array) -> jax.Array:
        loss, gradients = nnx.value_and_grad(loss_fn)(model, tokens)
        optimizer.update(model, gradients)
        return loss

    step = nnx.cached_partial(step, model, optimizer)
    started = time.monotonic()
    data = batches(tokenizer, phase.text(seed=SEED))
    for index, tokens in enumerate(islice(data, phase.steps), start=1):
        loss = step(tokens)
        if index in (1, 10) or index % 100 == 0:
            elapsed = time.monotonic() - started
            print(
                f"{phase.name} step {index} loss {float(loss):.4f} elapsed {elapsed:.0f} s",
                flush=True,
            )


def renew_markers(model: Gemma3, ids: list[int]) -> None:
    """Draw the embeddings of the markers anew, as for tokens added to a vocabulary after training.

    Tokens that the text never holds all drift to one vector, away from everything the model says:
    cosine .985 among them, norm 3.1 against 1.3. Adapters do not touch embeddings, so no SFT could
    tell a tag from a byte token again: at temperature 1 each tag kept 25 % of junk
    (docs/tiny-experiments.md).
    """
    embedding = model.embedder.input_embedding
    rows = jax.random.normal(jax.random.key(SEED + 1), (len(ids), CONFIG.embed_dim))
    rows *= MARKER_NORM / jnp.linalg.norm(rows, axis=1, keepdims=True)
    embedding.set_value(embedding.get_value().at[jnp.array(ids)].set(rows))


def flatten(model: Gemma3) -> dict[str, np.ndarray]:
    """The model's weights by their dotted Tunix path."""
    return {
        ".".join(map(str, path)): np.asarray(leaf.get_value())
        for path, leaf in nnx.to_flat_state(nnx.state(model, nnx.Param))
    }


def unflatten(model: Gemma3, weights: dict[str, np.ndarray]) -> nnx.State:
    """What `flatten` took apart, as a state for `nnx.update`."""
    flat = nnx.to_flat_state(nnx.state(model, nnx.Param))
    return nnx.from_flat_state(
        [(path, leaf.replace(weights[".".join(map(str, path))])) for path, leaf in flat]
    )


def save(model: Gemma3, out: Path) -> None:
    """Write `config.json` and `model.safetensors` in Hugging Face's layout."""
    config = huggingface_config()
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    save_file(dict(to_huggingface(flatten(model), config)), str(out / "model.safetensors"))


def huggingface_config() -> dict[str, Any]:
    """`config.json` of the same architecture."""
    return {
        "architectures": ["Gemma3ForCausalLM"],
        "model_type": "gemma3_text",
        "attention_bias": False,
        "attention_dropout": 0.0,
        "attn_logit_softcapping": None,
        "bos_token_id": 2,
        "eos_token_id": 1,
        "pad_token_id": 0,
        "final_logit_softcapping": None,
        "head_dim": CONFIG.head_dim,
        "hidden_activation": "gelu_pytorch_tanh",
        "hidden_size": CONFIG.embed_dim,
        "initializer_range": 0.02,
        "intermediate_size": CONFIG.hidden_dim,
        "layer_types": ["sliding_attention"] * CONFIG.num_layers,
        "max_position_embeddings": 512,
        "num_attention_heads": CONFIG.num_heads,
        "num_hidden_layers": CONFIG.num_layers,
        "num_key_value_heads": CONFIG.num_kv_heads,
        "query_pre_attn_scalar": CONFIG.head_dim,
        "rms_norm_eps": 1e-6,
        "rope_local_base_freq": float(CONFIG.local_base_frequency),
        "rope_theta": float(CONFIG.global_base_frequency),
        "sliding_window": CONFIG.sliding_window_size,
        "tie_word_embeddings": True,
        "torch_dtype": "float32",
        "vocab_size": CONFIG.num_embed,
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
