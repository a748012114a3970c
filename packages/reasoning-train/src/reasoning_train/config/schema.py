"""The configuration of a run: frozen models, one docstring line a field, unknown keys refused."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from reasoning_train.config.reward_schema import RewardSection
from reasoning_train.config.section import NonNegative, Positive, Rate, Section, Share
from reasoning_train.config.two_part_schema import reward_of_schema

EVALUATION = re.compile(r"[A-Za-z0-9][\w-]*=.+")
"""An evaluation set: its name, which is a folder's too, and its source."""


class ModelSection(Section):
    """Which weights are trained, and how."""

    name: str = "tiny-gemma3"
    """A model known by name; `reasoning-train doctor` lists them."""
    weights: str = ""
    """Other weights for the name: folder, .gguf, run directory, hub id, or Kaggle handle."""
    training: Literal["lora", "full"] = "lora"
    """`lora` trains low-rank adapters beside frozen weights; `full` trains every weight."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    """Type of base weights and adapters; the optimizer keeps fp32 masters of what is trained."""
    placement: Literal["sharded", "replicated"] = "sharded"
    """Weights over the chips: split, or all on each, so that decoding need not gather them."""
    remat: bool = False
    """Recompute activations in the backward pass: less memory, more time."""
    head_columns: Positive = 16
    """Completion positions a time that meet the head in a loss: fewer need less memory."""
    lora_rank: Positive = 32
    """Inner dimension of the adapters; this and the next two count for `lora` only."""
    lora_alpha: Rate = 64.0
    """Scale of the adapters: they count alpha / rank times."""
    lora_targets: str = ".*q_einsum|.*kv_einsum|.*attn_vec_einsum|.*gate_proj|.*up_proj|.*down_proj"
    """Regular expression over module paths such as layers/0/attn/q_einsum."""


class DataSection(Section):
    """Where problems come from and how many are used."""

    build: str = ""
    """Folder that `reasoning-data build` made, trained on as it is, in place of `sources`."""
    sources: tuple[str, ...] = ("arithmetic",)
    """Sources as `reasoning-data build` reads them, mixed by weight: gsm8k:train.jsonl,
    rows:mine.csv,question=q,answer=a, arithmetic:steps=1 and so on; again for each."""
    evaluations: tuple[str, ...] = ()
    """Held-out sets, NAME=SOURCE, again for each; verdicts are on the first. Without any, part of
    the sources is held out."""
    style: Literal["gemma", "gemma-pt", "bare"] = "bare"
    """How a problem is written down: with instructions; the same ending with <eos>, for pre-trained
    models; or as short as possible."""
    confidence: bool = True
    """Ask for a confidence on the last line of the reasoning, demonstrate one, and reward it; false
    is the two-part schema, whose reward has no confidence."""
    sft_problems: Positive = 2000
    """Worked problems for SFT, at most; smaller sources are divided in proportion."""
    grpo_problems: Positive = 4000
    """Problems for GRPO, at most; none of them is in SFT's."""
    eval_problems: Positive = 500
    """Held-out problems of each set, at most."""
    prompt_tokens: Positive = 48
    """Longest prompt, BOS counted; longer problems are left out and counted."""
    completion_tokens: Positive = 56
    """Longest completion, stop token counted."""

    @property
    def named_evaluations(self) -> dict[str, str]:
        """The source of each evaluation set by the set's name."""
        return dict(text.split("=", 1) for text in self.evaluations)

    @field_validator("evaluations", mode="before")
    @classmethod
    def _from_table(cls, value: Any) -> Any:
        """Accept a table of names and sources, as a TOML file writes it."""
        return [f"{k}={v}" for k, v in value.items()] if isinstance(value, dict) else value

    @field_validator("evaluations")
    @classmethod
    def _named(cls, evaluations: tuple[str, ...]) -> tuple[str, ...]:
        for text in evaluations:
            if not EVALUATION.fullmatch(text):
                raise ValueError(
                    f"an evaluation set is NAME=SOURCE, such as test=gsm8k:test.jsonl, not {text!r}"
                )
        names = [text.partition("=")[0] for text in evaluations]
        if len(set(names)) < len(names):
            raise ValueError(f"two evaluation sets have one name: {', '.join(names)}")
        return evaluations

    @model_validator(mode="before")
    @classmethod
    def _a_build_replaces_sources(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("build") and "sources" not in values:
            return {**values, "sources": ()}
        return values

    @model_validator(mode="after")
    def _either_build_or_sources(self) -> Self:
        if self.build and self.sources:
            raise ValueError(
                "data.build is trained on as it is: leave data.sources out, or build again from "
                "all of them with reasoning-data"
            )
        if not self.build and not self.sources:
            raise ValueError("data.sources is empty: name a source, such as rows:mine.csv")
        return self


class SftSection(Section):
    """Supervised fine-tuning."""

    steps: Positive = 100
    """Updates."""
    bound: Literal["steps", "clock"] = "steps"
    """`clock`: go on until the stage's share of the budget is used, whatever `steps` says; the
    learning rate decays with the time."""
    batch_size: Positive = 64
    """Examples an update; rows of several examples with `packing`."""
    packing: NonNegative = 0
    """Tokens of a row that holds several examples, such as 1024, so that little is padding; 0 for
    one example a row. The loss is that of the examples either way."""
    save_every: Positive = 25
    """Updates between two checkpoints; an interrupted run goes on from the newest."""
    max_skipped: Positive = 5
    """Steps in a row whose loss or gradient is no number that are too many; one changes nothing."""
    after_skipped: Literal["stop", "rollback"] = "stop"
    """What happens then: `stop` ends the run; `rollback` resumes from the newest checkpoint before
    them and skips their batches, at most three times."""
    learning_rate: Rate = 2e-3
    """Peak."""
    warmup_steps: NonNegative = 10
    """Updates until the peak, which the first is a share of; fewer than `steps`."""


class GrpoSection(Section):
    """Group-relative policy optimization."""

    steps: Positive = 60
    """Updates."""
    bound: Literal["steps", "clock"] = "steps"
    """`clock`: go on until the stage's share of the budget is used, whatever `steps` says; the
    learning rate decays with the time."""
    batch_size: Positive = 32
    """Prompts an update."""
    save_every: Positive = 10
    """Updates between two checkpoints; an interrupted run goes on from the newest."""
    max_skipped: Positive = 5
    """Steps in a row whose loss or gradient is no number that are too many; one changes nothing."""
    after_skipped: Literal["stop", "rollback"] = "stop"
    """What happens then: `stop` ends the run; `rollback` resumes from the newest checkpoint before
    them and skips their batches, at most three times."""
    micro_batch: NonNegative = 0
    """Prompts whose groups go through the loss at once, for memory alone; 0 means all."""
    num_generations: Annotated[int, Field(ge=2)] = 8
    """Completions a prompt."""
    learning_rate: Rate = 3e-4
    """Peak."""
    warmup_steps: NonNegative = 10
    """Updates until the peak, which the first is a share of; fewer than `steps`."""
    temperature: Rate = 1.0
    """Of sampling, and of the policy that is trained."""
    advantage: Literal["rloo", "drgrpo", "grpo"] = "rloo"
    """`grpo` divides by the group's standard deviation, which makes noise of easy groups loud."""
    aggregation: Literal["token-mean", "sequence-mean-token-mean", "sequence-mean-token-scale"] = (
        "token-mean"
    )
    """How token losses become one number."""
    overlong_filter: bool = False
    """Leave completions that were cut at the limit out of the loss."""
    prompts: Literal["uniform", "pool"] = "uniform"
    """`pool` draws problems by the chance that a group of theirs has variance, from their pass
    rates; it needs `sampling.completions`."""
    pool_extremes: Share = 0.05
    """Share of a pool's draws, at most, of problems hardly ever or nearly always solved."""
    drop_flat_groups: bool = False
    """Leave groups whose rewards are all equal out of the loss's mean."""
    resample_flat_groups: NonNegative = 0
    """Times a step that other prompts are drawn to replace groups whose rewards are all equal; each
    decodes a whole batch."""
    hopeless_steps: Positive = 5
    """Updates in a row without a right completion, with most completions cut, or with equal rewards
    in every group, that are too many."""
    after_hopeless: Literal["warn", "stop"] = "warn"
    """What too many do: a warning on the terminal, or the end of the run."""
    kl_coefficient: Annotated[float, Field(ge=0.0)] = 0.0
    """Weight of the KL to the SFT policy (k2 as a loss); 0 leaves the reference out."""

    @model_validator(mode="after")
    def _micro_batch_divides(self) -> Self:
        if self.micro_batch and self.batch_size % self.micro_batch:
            raise ValueError(
                f"grpo.micro_batch {self.micro_batch} does not divide grpo.batch_size "
                f"{self.batch_size}"
            )
        return self


class SamplingSection(Section):
    """Completions of the policy for each training problem, before GRPO; see `docs/recipe.md`."""

    completions: NonNegative = 0
    """Drawn for each problem, 2 or more; 0 leaves the stage out."""
    problems: NonNegative = 0
    """Problems of GRPO's, drawn with the seed; 0 takes all but those kept out for validation."""
    batch_size: Positive = 32
    """Problems whose completions are drawn together."""
    temperature: Rate = 1.0
    """Of sampling."""
    base_well_formed: Share = 0.8
    """Share of the untouched base's answers that keep to the schema, from which on SFT on
    demonstrations is left out and the base itself is sampled; needs `own_traces.steps`."""

    @model_validator(mode="after")
    def _several_completions(self) -> Self:
        if self.completions == 1:
            raise ValueError(
                "sampling.completions 1 tells no pass rate: 8 is usual, 2 the least, 0 leaves "
                "sampling out"
            )
        return self


class OwnTracesSection(Section):
    """SFT on the policy's own samples, after sampling; rows and guards are those of `sft`."""

    steps: NonNegative = 0
    """Updates; 0 leaves the stage out. It needs `sampling.completions`."""
    learning_rate: Rate = 1e-3
    """Peak."""
    warmup_steps: NonNegative = 5
    """Updates until the peak, which the first is a share of; fewer than `steps`."""
    right: Positive = 2
    """Right samples of a problem at most, the shortest ones."""
    wrong: NonNegative = 1
    """Wrong samples of a problem at most, whose confidence line alone is trained on."""
    min_structure: Share = 0.5
    """Structure that a right sample scores at least."""


class ValidationSection(Section):
    """Greedy reward at every checkpoint of GRPO; GRPO's output is the best of them."""

    problems: NonNegative = 0
    """Problems kept out of GRPO's and of the final evaluation's; 0 makes the last step the
    output."""
    patience: NonNegative = 0
    """So many checkpoints in a row that are no better than the best end GRPO; 0 never does."""
    max_kl: Annotated[float, Field(ge=0.0)] = 0.0
    """A step whose KL to the SFT policy is above this ends GRPO; 0 never does."""


class TrackSection(Section):
    """Where metrics go besides metrics.jsonl."""

    tensorboard: bool = True
    """Event files in the run directory: tensorboard --logdir RUN/tensorboard."""
    wandb: bool = False
    """Weights & Biases; needs the extra `wandb` and a login, or WANDB_MODE=offline."""
    wandb_project: str = "reasoning-train"
    """The project there."""


class EvaluationSection(Section):
    """Greedy evaluation on the held-out problems."""

    batch_size: Positive = 250
    """Problems decoded together."""


class RunConfig(Section):
    """Every value that a run uses."""

    seed: NonNegative = 0
    """Everything random follows from it."""
    budget: str = ""
    """Wall-clock limit such as 20m or 9h, shared out over the stages; empty for none."""
    model: ModelSection = ModelSection()
    data: DataSection = DataSection()
    sft: SftSection = SftSection()
    sampling: SamplingSection = SamplingSection()
    own_traces: OwnTracesSection = OwnTracesSection()
    grpo: GrpoSection = GrpoSection()
    validation: ValidationSection = ValidationSection()
    reward: RewardSection = RewardSection()
    evaluation: EvaluationSection = EvaluationSection()
    track: TrackSection = TrackSection()

    @model_validator(mode="before")
    @classmethod
    def _reward_fits_the_schema(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        fields = RewardSection.model_fields
        shares = {name: float(fields[name].default) for name in ("correctness", "structure")}
        return reward_of_schema(values, shares)

    @model_validator(mode="after")
    def _packed_rows_hold_an_example(self) -> Self:
        longest = self.data.prompt_tokens + self.data.completion_tokens
        if 0 < self.sft.packing < longest:
            raise ValueError(
                f"sft.packing {self.sft.packing} is shorter than the longest example, "
                f"data.prompt_tokens + data.completion_tokens = {longest}"
            )
        return self

    @model_validator(mode="after")
    def _samples_are_drawn(self) -> Self:
        if self.grpo.prompts == "pool" and not self.sampling.completions:
            raise ValueError("grpo.prompts pool needs sampling.completions, such as 8")
        if self.own_traces.steps and not self.sampling.completions:
            raise ValueError("own_traces.steps needs sampling.completions, such as 8")
        return self

    @model_validator(mode="after")
    def _validation_can_stop(self) -> Self:
        if self.validation.patience and not self.validation.problems:
            raise ValueError("validation.patience needs validation.problems, such as 200")
        if self.validation.max_kl and not self.grpo.kl_coefficient:
            raise ValueError(
                "validation.max_kl needs grpo.kl_coefficient above 0: without it no reference is "
                "kept and the KL is not known"
            )
        return self

    @model_validator(mode="after")
    def _clock_needs_a_budget(self) -> Self:
        for name, section in (("sft", self.sft), ("grpo", self.grpo)):
            if section.bound == "clock" and not self.budget:
                raise ValueError(f"{name}.bound clock needs a budget, such as --budget 20m")
        moving = (self.reward.structure_at_end, self.reward.confidence_at_end) != (None, None)
        if moving and self.grpo.bound == "clock":
            raise ValueError(
                "reward.structure_at_end and reward.confidence_at_end need grpo.bound steps: "
                "nobody knows the last step of a stage that the clock ends"
            )
        return self
