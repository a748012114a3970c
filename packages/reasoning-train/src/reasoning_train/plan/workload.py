"""The functions that a run of a configuration compiles."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import jax.numpy as jnp
from jax.sharding import Mesh

from reasoning_train.config import RunConfig
from reasoning_train.config.engine_settings import (
    grpo_settings,
    lengths,
    lora,
    optimizer_settings,
)
from reasoning_train.engine.abstract import abstract_policy
from reasoning_train.engine.gemma import Policy, model_config
from reasoning_train.engine.mesh import make_mesh
from reasoning_train.engine.step_functions import (
    AbstractDecoder,
    Decoding,
    StepFunction,
    trace_policy_step,
    trace_reference,
    trace_sft_step,
)
from reasoning_train.models.check import check_targets
from reasoning_train.plan.architecture import architecture_folder


@dataclass(frozen=True, slots=True)
class Work:
    """One function to compile.

    Attributes:
        name: Such as `sft_step`.
        rows: Rows that go through it together.
        inputs: All that decides what it is, for the cache.
        trace: Makes it.
        open_trips: Turns of its open loop at most: decoding's, or the head's chunks.
    """

    name: str
    rows: int
    inputs: dict[str, Any]
    trace: Callable[[], StepFunction]
    open_trips: int = 1


class Workload:
    """The functions of a configuration on some devices; the model is made when first traced.

    Args:
        config: What would run.
        devices: Devices to compile for.

    Raises:
        UserError: The model's name is unknown, or the LoRA targets match none of its modules.
    """

    def __init__(self, config: RunConfig, devices: Sequence[Any]) -> None:
        self.config = config
        self.chips = len(devices)
        self._devices = devices
        self._folder = architecture_folder(config.model)
        if config.model.training == "lora":
            check_targets(self._folder, config.model.lora_targets)

    @cached_property
    def mesh(self) -> Mesh:
        return make_mesh(self._devices)

    @cached_property
    def policy(self) -> Policy:
        """The policy as shapes."""
        section = self.config.model
        return abstract_policy(
            model_config(self._folder, dtype=jnp.dtype(section.dtype), remat=section.remat),
            lora(self.config),
            dtype=section.dtype,
            mesh=self.mesh,
            replicated=section.placement == "replicated",
        )

    def functions(self) -> Iterator[Work]:
        """In the order in which a run comes to them."""
        config = self.config
        problems = min(config.evaluation.batch_size, config.data.eval_problems)
        yield from self._sampling("evaluation", problems, Decoding(1, greedy=True))
        yield self.sft_step(config.sft.batch_size)
        rollouts = config.grpo.batch_size * config.grpo.num_generations
        yield from self.rollout(rollouts)
        settings = grpo_settings(config)
        if config.grpo.kl_coefficient:
            yield self.reference(rollouts)
        yield self.grpo_step(settings.micro_batch)

    def sft_step(self, rows: int) -> Work:
        """One update of SFT."""
        optimizer, packing = optimizer_settings(self.config.sft), self.config.sft.packing
        return Work(
            "sft_step",
            rows,
            self._inputs(
                rows, optimizer=asdict(optimizer), **({"packing": packing} if packing else {})
            ),
            lambda: trace_sft_step(
                self.policy,
                self.mesh,
                rows=rows,
                lengths=lengths(self.config),
                packing=packing,
                columns=self.config.model.head_columns,
                optimizer=optimizer,
            ),
            # At most: prompts in a packed row do not meet the head.
            -(-packing // self.config.model.head_columns) if packing else self._chunks,
        )

    def grpo_step(self, prompts: int) -> Work:
        """One update of GRPO, `prompts` groups going through the loss at once."""
        optimizer, settings = optimizer_settings(self.config.grpo), grpo_settings(self.config)
        settings = type(settings)(**{**asdict(settings), "micro_batch": prompts})
        batch_size = self.config.grpo.batch_size
        rows = prompts * settings.generations
        return Work(
            "grpo_step",
            rows,
            self._inputs(
                rows,
                optimizer=asdict(optimizer),
                settings=asdict(settings),
                parts=batch_size // prompts,
            ),
            lambda: trace_policy_step(
                self.policy,
                self.mesh,
                batch_size=batch_size,
                lengths=lengths(self.config),
                settings=settings,
                optimizer=optimizer,
            ),
            self._chunks,
        )

    def reference(self, rows: int) -> Work:
        """Log-probabilities under the reference."""
        temperature, columns = self.config.grpo.temperature, self.config.model.head_columns
        return Work(
            "reference",
            rows,
            self._inputs(rows, temperature=temperature),
            lambda: trace_reference(
                self.policy,
                self.mesh,
                rows=rows,
                lengths=lengths(self.config),
                temperature=temperature,
                columns=columns,
            ),
            self._chunks,
        )

    def rollout(self, rows: int) -> Iterator[Work]:
        """Prefill and decoding of GRPO's rollouts."""
        group = self.config.grpo.num_generations
        yield from self._sampling("rollout", rows, Decoding(group, greedy=False))

    @property
    def _chunks(self) -> int:
        """Chunks of completion positions that meet the head where no row is padded."""
        return -(-lengths(self.config).completion // self.config.model.head_columns)

    def _sampling(self, stage: str, rows: int, decoding: Decoding) -> Iterator[Work]:
        inputs = self._inputs(rows, decoding=asdict(decoding))

        def decoder() -> AbstractDecoder:
            return AbstractDecoder(
                self.policy,
                self.mesh,
                rows=rows,
                lengths=lengths(self.config),
                decoding=decoding,
            )

        tokens = lengths(self.config).completion
        yield Work(f"{stage}_prefill", rows, inputs, lambda: decoder().trace_prefill())
        # Prefill has drawn the first token.
        turns = tokens - 1
        yield Work(f"{stage}_decode", rows, inputs, lambda: decoder().trace_decode(), turns)

    def _inputs(self, rows: int, **others: Any) -> dict[str, Any]:
        model = self.config.model.model_dump(exclude={"name", "weights"})
        architecture = json.loads((self._folder / "config.json").read_text())
        return {
            "rows": rows,
            "model": model,
            "architecture": architecture,
            "lengths": asdict(lengths(self.config)),
            **others,
        }
