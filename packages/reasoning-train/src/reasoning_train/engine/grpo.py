"""Group-relative policy optimization with Tunix's `GRPOLearner`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Literal

import numpy as np
import orbax.checkpoint as ocp
from jax.sharding import Mesh
from tunix.rl.grpo.grpo_learner import GRPOLearner
from tunix.rl.rl_cluster import ClusterConfig, RLCluster, RLTrainingConfig, Role
from tunix.rl.rollout.base_rollout import RolloutConfig

from reasoning_train.engine.generation import Lengths
from reasoning_train.engine.injected_rate import Rate, with_rate
from reasoning_train.engine.model import Policy, frozen_copy
from reasoning_train.engine.optimizer import OptimizerSettings, make_optimizer
from reasoning_train.engine.policy_loss import LOSS_NAME, PolicyConfig, teach_policy
from reasoning_train.engine.progress_bar import NoBar
from reasoning_train.engine.prompts import PromptBatch
from reasoning_train.engine.reference import ReferenceWorker
from reasoning_train.engine.resampling import Resampling, ResamplingLearner
from reasoning_train.engine.rollout import SeededRollout
from reasoning_train.engine.trainer_metrics import OnStep, collecting, log_before_saving
from reasoning_train.models.tokenizer import Tokenizer

Advantage = Literal["rloo", "drgrpo", "grpo"]
Aggregation = Literal["token-mean", "sequence-mean-token-mean", "sequence-mean-token-scale"]


@dataclass(frozen=True, slots=True)
class Rollouts:
    """One step's rollouts, row by row, a group's rows next to each other.

    Attributes:
        ids: Problem ids.
        prompts: Prompts.
        completions: Texts without the stop token.
        golds: Right answers.
        prompt_tokens: Tokens of each prompt, BOS counted.
        tokens: Tokens of each completion, the stop token counted.
        finished: Whether a completion ended by itself; the others were cut at the limit.
        draw: 0 for the step's own prompts; others replace groups without variance.
    """

    ids: list[str]
    prompts: list[str]
    completions: list[str]
    golds: list[str]
    prompt_tokens: list[int]
    tokens: list[int]
    finished: list[bool]
    draw: int = 0


Reward = Callable[[Rollouts], list[float]]
"""The total of every row, in order."""

OnWeights = Callable[[int, Policy], None]
"""Told between two updates how many there have been, and the policy as it is now."""


@dataclass(frozen=True, slots=True)
class GrpoSettings:
    """What the algorithm needs besides the optimizer.

    Attributes:
        generations: Completions a prompt (the group's size).
        micro_batch: Prompts whose groups go through the loss at once; memory and time follow from
            it, the update does not.
        temperature: Of sampling and of the policy that is trained.
        advantage: `rloo` and `drgrpo` do not divide by the group's standard deviation; `grpo` does.
        aggregation: How token losses become one number.
        kl_coefficient: Weight of the KL to the SFT policy; 0 leaves the reference out.
        columns: Completion positions per chunk of the head.
        overlong_filter: Leave cut completions out of the loss.
        drop_flat_groups: Leave groups whose rewards are all equal out of the loss's mean.
    """

    generations: int
    micro_batch: int
    temperature: float
    advantage: Advantage
    aggregation: Aggregation
    kl_coefficient: float
    columns: int
    overlong_filter: bool = False
    drop_flat_groups: bool = False


def run_grpo(
    model: Policy,
    batches: Iterator[PromptBatch],
    reward: Reward,
    *,
    mesh: Mesh,
    tokenizer: Tokenizer,
    lengths: Lengths,
    batch_size: int,
    settings: GrpoSettings,
    optimizer: OptimizerSettings,
    seed: int,
    checkpoints: Path,
    start: int,
    save_every: int,
    on_step: OnStep,
    rate: Rate | None = None,
    on_weights: OnWeights = lambda updates, policy: None,
    resampling: Resampling | None = None,
) -> int:
    """Train the policy's adapters until `batches` ends or `optimizer.steps` are done.

    `start` is the step of the newest checkpoint there, 0 for none; `batches` begins at the first
    step all the same, and those before are skipped. Saves every `save_every` steps and at the end:
    `checkpoints/actor/<step>/model_params` (Orbax), the layout that others reload, with the
    optimizer's state beside it.

    With `resampling` the reward is asked several times a step, `Rollouts.draw` counting.

    With `rate` the optimizer must have been made with `injected_rate`. `on_weights` is called
    between two updates, before the next batch is asked for: it may be what ends `batches`.

    Returns:
        The number of updates made. The trained weights are those of the checkpoint: Tunix may have
        copied the model it was given.
    """
    reference = frozen_copy(model) if settings.kl_coefficient else None
    training = RLTrainingConfig(
        actor_optimizer=make_optimizer(optimizer),
        eval_every_n_steps=10**9,
        max_steps=optimizer.steps,
        # To Tunix a batch is one step: `update` goes through its parts.
        mini_batch_size=batch_size,
        rollout_micro_batch_size=batch_size,
        compute_logps_micro_batch_size=settings.micro_batch,
        checkpoint_root_directory=str(checkpoints),
        checkpointing_options=ocp.CheckpointManagerOptions(
            save_interval_steps=save_every, max_to_keep=2
        ),
        metrics_logging_options=collecting(
            on_step,
            {
                "actor/train/loss": "loss",
                "actor/train/grad_norm": "grad_norm",
                "actor/train/entropy": "entropy",
                "actor/train/skipped": "skipped",
                # Without a reference the KL is not known.
                **({} if reference is None else {"actor/train/kl": "kl"}),
            },
            checkpoints,
        ),
    )
    cluster = RLCluster(
        actor=model,
        reference=reference,
        tokenizer=tokenizer.processor,
        cluster_config=ClusterConfig(
            role_to_mesh={Role.ACTOR: mesh, Role.REFERENCE: mesh, Role.ROLLOUT: mesh},
            rollout_engine=partial(
                SeededRollout, own_tokenizer=tokenizer, seed=seed, first_call=start
            ),
            training_config=training,
            rollout_config=RolloutConfig(
                max_prompt_length=lengths.prompt,
                max_tokens_to_generate=lengths.completion,
                kv_cache_size=lengths.cache,
                temperature=settings.temperature,
                top_p=1.0,
                eos_tokens=[tokenizer.stop_id],
            ),
        ),
    )
    if reference is not None:
        # Stock makes the reference's logits of every position at once.
        cluster._inference_worker = ReferenceWorker(
            cluster.inference_worker.get_model("reference"), settings.columns
        )
    learner_of = GRPOLearner if resampling is None else partial(ResamplingLearner, resampling)
    config = policy_config(settings)
    learner = learner_of(
        rl_cluster=cluster,
        algo_config=config,
        reward_fns=[_as_tunix_reward(reward, cluster.rollout)],
    )
    # The share of clipped ratios is no metric here: one update a rollout never clips.
    cluster.actor_trainer.with_rl_metrics_to_log(
        {"kl": np.mean, "entropy": np.mean, "skipped": np.mean}
    )
    teach_policy(
        cluster.actor_trainer,
        config,
        pad_id=tokenizer.pad_id,
        stop_id=tokenizer.stop_id,
        parts=batch_size // settings.micro_batch,
    )
    cluster.actor_trainer._pbar = NoBar()
    log_before_saving(cluster.actor_trainer)
    try:
        learner.train(
            batch.as_training_input()
            for batch in between_updates(
                with_rate(batches, lambda: cluster.actor_trainer.optimizer, rate),
                start,
                lambda done: on_weights(done, cluster.actor_trainer.model),
            )
        )
    finally:
        cluster.actor_trainer.checkpoint_manager.close()  # which waits for what is being saved
    return int(cluster.actor_trainer.train_steps)


def between_updates(
    batches: Iterator[PromptBatch], start: int, tell: Callable[[int], None]
) -> Iterator[PromptBatch]:
    """The batches; before another is asked for, `tell` is told how many updates there have been.

    The batches of the first `start` steps are only skipped, so nothing is told of them.
    """
    for done in count():
        if done and done >= start:
            tell(done)
        batch = next(batches, None)
        if batch is None:
            return
        yield batch


def policy_config(settings: GrpoSettings) -> PolicyConfig:
    """What the loss and Tunix's learner are told; `plan` traces the loss with it."""
    return PolicyConfig(
        num_generations=settings.generations,
        num_iterations=1,
        beta=settings.kl_coefficient,
        kl_loss_mode="mse_kl",
        advantage_estimator=settings.advantage,
        policy_loss_fn=LOSS_NAME,
        loss_agg_mode=settings.aggregation,
        columns=settings.columns,
        overlong_filter=settings.overlong_filter,
        drop_flat_groups=settings.drop_flat_groups,
    )


def _as_tunix_reward(reward: Reward, rollout: SeededRollout) -> Callable[..., list[float]]:
    """A plain named function in Tunix's calling convention, which refuses non-finite rewards.

    Tunix asks for rewards right after it generated, so the rollout's last call is the batch's.
    """

    def composite_reward(
        prompts: list[str], completions: list[str], gold: Any, problem_id: Any, **kwargs: Any
    ) -> list[float]:
        last = rollout.last
        if last is None or last.texts != list(completions):
            raise RuntimeError("Tunix asked for rewards of other completions than the last ones")
        totals = reward(
            Rollouts(
                ids=[str(x) for x in problem_id],
                prompts=list(prompts),
                completions=list(completions),
                golds=[str(x) for x in gold],
                prompt_tokens=(last.prompt_ids != rollout.pad_id()).sum(axis=1).tolist(),
                tokens=[len(row) for row in last.tokens],
                finished=last.finished,
                draw=rollout.draw,
            )
        )
        bad = [x for x in totals if not np.isfinite(x)]
        if bad:
            raise ValueError(f"the reward returned {bad[0]!r}; Tunix would have counted it as 0")
        return totals

    return composite_reward
