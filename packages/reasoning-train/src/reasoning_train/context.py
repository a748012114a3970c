"""What every stage is given: configuration, run directory, clock, and the model in memory."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from jax.sharding import Mesh
from rich.console import Console

from reasoning_train.budget import Clock
from reasoning_train.config import RunConfig
from reasoning_train.engine.checkpoint import restore_weights
from reasoning_train.engine.generation import Generator, Lengths
from reasoning_train.engine.mesh import make_mesh
from reasoning_train.engine.model import Lora, Policy, add_lora, load_base
from reasoning_train.models import BaseModelFiles
from reasoning_train.run_dir import RunDir
from reasoning_train.tokenizer import Tokenizer


@dataclass
class RunContext:
    """One run in one process; mesh, tokenizer, model and generator are made when first needed.

    The model is loaded once and given the trained weights of whichever checkpoint a stage asks for.
    """

    config: RunConfig
    base: BaseModelFiles
    run: RunDir
    clock: Clock
    console: Console

    @cached_property
    def tokenizer(self) -> Tokenizer:
        return Tokenizer(self.base.folder / "tokenizer.model")

    @cached_property
    def mesh(self) -> Mesh:
        return make_mesh()

    @property
    def lengths(self) -> Lengths:
        return Lengths(self.config.data.prompt_tokens, self.config.data.completion_tokens)

    @cached_property
    def model(self) -> Policy:
        """The base itself, or with fresh adapters, whose outputs are the base's."""
        section = self.config.model
        base = load_base(self.base.folder, dtype=section.dtype, remat=section.remat, mesh=self.mesh)
        if section.training == "full":
            return base
        lora = Lora(section.lora_rank, section.lora_alpha, section.lora_targets)
        return add_lora(base, lora, seed=self.config.seed, mesh=self.mesh)

    @cached_property
    def generator(self) -> Generator:
        return Generator(self.model, self.tokenizer, self.lengths, self.mesh)

    def restore(self, model_params: Path) -> None:
        """Give the model the trained weights of a checkpoint."""
        restore_weights(self.model, model_params)
