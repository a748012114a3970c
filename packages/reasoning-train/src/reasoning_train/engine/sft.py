"""Supervised fine-tuning with Tunix's `PeftTrainer`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
from jax.sharding import Mesh
from tunix.rl.trainer import Trainer
from tunix.sft.peft_trainer import PeftTrainer, TrainingConfig

from reasoning_train.engine.injected_rate import Rate, with_rate
from reasoning_train.engine.logps import completion_logps, packed_logps
from reasoning_train.engine.model import Policy
from reasoning_train.engine.optimizer import OptimizerSettings, make_optimizer
from reasoning_train.engine.progress_bar import NoBar
from reasoning_train.engine.trainer_metrics import OnStep, collecting, log_before_saving
from reasoning_train.engine.update import use_own_update
from reasoning_train.loop.packing import PackedBatch

NO_EVALUATION = 10**9  # evaluation is a stage of ours, by generating


@dataclass(frozen=True, slots=True)
class SftBatch:
    """Examples one a row, int32.

    Attributes:
        prompt_ids: `[B, P]`, left-padded.
        completion_ids: `[B, C]`, right-padded.
        wanted: `[B, C]`, 1 at tokens that the loss is of.
    """

    prompt_ids: np.ndarray
    completion_ids: np.ndarray
    wanted: np.ndarray

    @property
    def inputs(self) -> Mapping[str, np.ndarray]:
        """What the loss takes, by name."""
        return {
            "prompt_ids": self.prompt_ids,
            "completion_ids": self.completion_ids,
            "wanted": self.wanted,
        }


def sft_loss(
    model: Policy,
    prompt_ids: jax.Array,
    completion_ids: jax.Array,
    wanted: jax.Array,
    *,
    pad_id: int,
    columns: int,
) -> jax.Array:
    """Mean negative log-likelihood of the wanted completion tokens of a batch; see `SftBatch`."""
    logps = completion_logps(
        model, prompt_ids, completion_ids, pad_id=pad_id, wanted=wanted != 0, columns=columns
    ).logps
    return -jnp.sum(logps) / jnp.maximum(jnp.sum(wanted), 1).astype(jnp.float32)


def make_sft_trainer(
    model: Policy,
    config: TrainingConfig,
    optimizer: OptimizerSettings,
    *,
    pad_id: int,
    columns: int,
    packed: bool = False,
) -> PeftTrainer:
    """Tunix's trainer with our loss and optimizer; `plan` compiles the step it makes.

    It takes the `inputs` of an `SftBatch`, or of a `PackedBatch` if `packed`.
    """
    # Tunix passes inputs by name and JAX puts them in order: each loss has its own parameters.
    # Tunix's trainer for RL is the one that logs what a loss returns beside its value.
    trainer = Trainer(model, make_optimizer(optimizer), config, dict)
    trainer.with_rl_metrics_to_log({"skipped": np.mean})
    trainer.with_gen_model_input_fn(lambda batch: batch)
    use_own_update(trainer)
    if packed:
        return trainer.with_loss_fn(
            lambda model, tokens, segments, wanted: (
                packed_loss(model, tokens, segments, wanted, columns=columns),
                {},
            ),
            has_aux=True,
        )
    return trainer.with_loss_fn(
        lambda model, prompt_ids, completion_ids, wanted: (
            sft_loss(model, prompt_ids, completion_ids, wanted, pad_id=pad_id, columns=columns),
            {},
        ),
        has_aux=True,
    )


def packed_loss(
    model: Policy,
    tokens: jax.Array,
    segments: jax.Array,
    wanted: jax.Array,
    *,
    columns: int,
) -> jax.Array:
    """`sft_loss` of the examples that these rows hold; see `packing.PackedBatch`."""
    logps = packed_logps(model, tokens, segments, wanted != 0, columns=columns).logps
    return -jnp.sum(logps) / jnp.maximum(jnp.sum(wanted), 1).astype(jnp.float32)


def run_sft(
    model: Policy,
    batches: Iterator[SftBatch | PackedBatch],
    *,
    mesh: Mesh,
    pad_id: int,
    columns: int,
    optimizer: OptimizerSettings,
    checkpoints: Path,
    save_every: int,
    on_step: OnStep,
    rate: Rate | None = None,
    packed: bool = False,
) -> int:
    """Train the model's adapters in place until `batches` ends or `optimizer.steps` are done.

    Goes on from the newest of `checkpoints` if there is one, skipping the batches of the steps
    before it. Saves every `save_every` steps and at the end: `checkpoints/<step>/model_params`
    (Orbax), with the optimizer's state beside it.

    With `rate` the optimizer must have been made with `injected_rate`. `packed` says of which kind
    the batches are.

    Returns:
        The number of updates made.
    """
    config = TrainingConfig(
        eval_every_n_steps=NO_EVALUATION,
        max_steps=optimizer.steps,
        checkpoint_root_directory=str(checkpoints),
        checkpointing_options=ocp.CheckpointManagerOptions(
            save_interval_steps=save_every, max_to_keep=2
        ),
        metrics_logging_options=collecting(
            on_step,
            {f"sft/train/{name}": name for name in ("loss", "grad_norm", "skipped")},
            checkpoints,
        ),
        metrics_prefix="sft",
        pbar_description=None,
    )
    with mesh:
        trainer = make_sft_trainer(
            model, config, optimizer, pad_id=pad_id, columns=columns, packed=packed
        )
        trainer._pbar = NoBar()
        log_before_saving(trainer)
        try:
            trainer.train(
                dict(batch.inputs) for batch in with_rate(batches, lambda: trainer.optimizer, rate)
            )
        finally:
            trainer.checkpoint_manager.close()  # which waits for what is being saved
    return int(trainer.train_steps)
