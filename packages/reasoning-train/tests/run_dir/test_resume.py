"""Real stages resume from a checkpoint exactly as if they had not been interrupted."""

import shutil
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from reasoning_train.engine.checkpoint import restore_weights
from reasoning_train.engine.generation import Lengths
from reasoning_train.engine.grpo import GrpoSettings, run_grpo
from reasoning_train.engine.model import Policy
from reasoning_train.engine.optimizer import OptimizerSettings
from reasoning_train.engine.prompts import PromptBatch
from reasoning_train.engine.resampling import Place, Resampling
from reasoning_train.engine.sft import SftBatch, run_sft
from reasoning_train.loop.packing import PackedBatch
from reasoning_train.models.tokenizer import Tokenizer
from reasoning_train.run_dir.resume import resume_step

STEPS, KILLED_AT, SAVE_EVERY = 5, 4, 2
OPTIMIZER = OptimizerSettings(1e-2, STEPS, 1)


class KilledError(Exception):
    """Stand-in for SIGKILL: nothing is closed, nothing is saved."""


def sft_batches() -> Iterator[SftBatch]:
    rng = np.random.default_rng(0)
    while True:
        yield SftBatch(
            rng.integers(10, 400, (4, 8), dtype=np.int32),
            rng.integers(10, 400, (4, 6), dtype=np.int32),
            np.ones((4, 6), np.int32),
        )


def packed() -> Iterator[PackedBatch]:
    rng = np.random.default_rng(0)
    while True:
        segments = np.repeat([[1, 1, 1, 2, 2, 2, 0]], 4, axis=0)
        wanted = np.repeat([[0, 1, 1, 0, 0, 1, 0]], 4, axis=0)
        tokens = rng.integers(10, 400, (4, 7), dtype=np.int32) * (segments != 0)
        yield PackedBatch(tokens, segments, wanted)


def prompt_batches(prompt: str) -> Iterator[PromptBatch]:
    for step in range(100):
        yield PromptBatch([f"{step}a", f"{step}b"], [prompt, prompt], ["1", "2"])


def spare_prompts(prompt: str) -> Callable[[int, int], PromptBatch]:
    return lambda step, draw: PromptBatch([f"{step}.{draw}"] * 2, [prompt, prompt], ["1", "2"])


class Steps:
    """Recorder of each step's latest values, which raises `Killed` at a given step."""

    def __init__(self, die_at: int | None = None) -> None:
        self.values: dict[int, dict[str, float]] = {}
        self.die_at = die_at

    def __call__(self, step: int, values: dict[str, float]) -> None:
        if step == self.die_at:
            raise KilledError
        self.values[step] = values

    @property
    def logged(self) -> int:
        return max(self.values, default=0)


def wait_for(checkpoint: Path) -> None:
    """Wait for Orbax's saving thread, which would have died with a killed process."""
    deadline = time.monotonic() + 60
    while not checkpoint.is_dir():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(params=["sft", "packed sft", "grpo", "resampling grpo"])
def train(request, model: Policy, tokenizer: Tokenizer, mesh, prompt: str, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Return a stage as a function of its folder and its step callback; it returns the weights."""
    fresh = jax.tree.map(jnp.copy, nnx.state(model, nnx.LoRAParam))

    def sft(root: Path, steps: Steps) -> Path:
        resume_step(root / "actor", steps.logged)
        run_sft(
            model,
            packed() if request.param == "packed sft" else sft_batches(),
            mesh=mesh,
            pad_id=tokenizer.pad_id,
            columns=4,
            optimizer=OPTIMIZER,
            checkpoints=root / "actor",
            save_every=SAVE_EVERY,
            on_step=steps,
            packed=request.param == "packed sft",
        )
        return root / "actor" / str(STEPS) / "model_params"

    def grpo(root: Path, steps: Steps) -> Path:
        settled: list[list[Place]] = []
        run_grpo(
            model,
            prompt_batches(prompt),
            lambda rollouts: [float("1" in text) for text in rollouts.completions],
            mesh=mesh,
            tokenizer=tokenizer,
            lengths=Lengths(24, 8),
            batch_size=2,
            settings=GrpoSettings(4, 2, 1.0, "rloo", "token-mean", 0.0, 4),
            optimizer=OPTIMIZER,
            seed=5,
            checkpoints=root,
            start=resume_step(root / "actor", steps.logged),
            save_every=SAVE_EVERY,
            on_step=steps,
            resampling=Resampling(2, spare_prompts(prompt), settled.append)
            if request.param == "resampling grpo"
            else None,
        )
        # A resumed run that never drew again would show nothing.
        assert bool(settled) == (request.param == "resampling grpo")
        return root / "actor" / str(STEPS) / "model_params"

    def run(name: str, steps: Steps) -> list[np.ndarray]:
        nnx.update(model, jax.tree.map(jnp.copy, fresh))
        params = (sft if "sft" in request.param else grpo)(tmp_path / name, steps)
        restore_weights(model, params)
        return [np.array(x) for x in jax.tree.leaves(nnx.state(model, nnx.LoRAParam))]

    return run


def test_after_a_kill_metrics_and_weights_equal_those_of_an_uninterrupted_run(
    train, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:  # type: ignore[no-untyped-def]
    whole = Steps()
    expected = train("whole", whole)

    steps = Steps(die_at=KILLED_AT)
    with pytest.raises(KilledError):
        train("killed", steps)
    # The step that could not be logged was not saved either; the one before it was, and is kept.
    wait_for(tmp_path / "killed" / "actor" / str(SAVE_EVERY))
    assert not (tmp_path / "killed" / "actor" / str(KILLED_AT)).exists()
    assert resume_step(tmp_path / "killed" / "actor", steps.logged) == SAVE_EVERY
    steps.die_at = None
    weights = train("killed", steps)
    assert steps.values == whole.values
    assert all((a == b).all() for a, b in zip(weights, expected, strict=True))

    # The newest is cut short: the one before it is taken, with a warning.
    shutil.rmtree(tmp_path / "killed" / "actor" / str(STEPS))
    newest = resume_step(tmp_path / "killed" / "actor", STEPS)
    data = [p for p in (tmp_path / "killed" / "actor" / str(newest)).rglob("d/*") if p.is_file()]
    largest = max(data, key=lambda p: p.stat().st_size)
    largest.write_bytes(largest.read_bytes()[: largest.stat().st_size // 2])
    assert resume_step(tmp_path / "killed" / "actor", STEPS) < newest
    assert f"actor/{newest} is damaged" in caplog.text
    assert (tmp_path / "killed" / f"actor-{newest}.damaged").is_dir()


def test_what_is_saved_has_been_logged(train, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A process killed right after a save, such as in a validation, resumes from that save."""
    logged_at: dict[int, int] = {}

    class Watched(Steps):
        def __call__(self, step: int, values: dict[str, float]) -> None:
            super().__call__(step, values)
            saved = [int(p.name.split(".")[0]) for p in (tmp_path / "run/actor").glob("[0-9]*")]
            logged_at[step] = max(saved, default=0)

    steps = Watched()
    train("run", steps)
    assert list(logged_at) == [1, 2, 3, 4, 5]
    # When a step is logged, no checkpoint of it or of a later one has so much as begun.
    assert all(saved < step for step, saved in logged_at.items())


def test_without_a_checkpoint_a_stage_begins_at_zero(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert resume_step(tmp_path / "none", 7) == 0
