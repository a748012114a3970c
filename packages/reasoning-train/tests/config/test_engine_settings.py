from reasoning_train.config import load_config
from reasoning_train.config.engine_settings import (
    UNBOUNDED,
    grpo_settings,
    lengths,
    lora,
    optimizer_settings,
)
from reasoning_train.engine.generation import Lengths
from reasoning_train.engine.grpo import GrpoSettings
from reasoning_train.engine.model import Lora
from reasoning_train.engine.optimizer import OptimizerSettings

FLAGS = {
    "--data.prompt-tokens": "40",
    "--data.completion-tokens": "41",
    "--model.head-columns": "3",
    "--model.lora-rank": "5",
    "--model.lora-alpha": "7.5",
    "--model.lora-targets": ".*q_einsum",
    "--sft.learning-rate": "0.01",
    "--sft.steps": "31",
    "--sft.warmup-steps": "4",
    "--grpo.learning-rate": "0.02",
    "--grpo.steps": "32",
    "--grpo.warmup-steps": "6",
    "--grpo.batch-size": "12",
    "--grpo.micro-batch": "4",
    "--grpo.num-generations": "6",
    "--grpo.temperature": "0.6",
    "--grpo.advantage": "drgrpo",
    "--grpo.aggregation": "sequence-mean-token-scale",
    "--grpo.kl-coefficient": "0.25",
    "--grpo.overlong-filter": "true",
    "--grpo.drop-flat-groups": "true",
}
"""No value is a default: one that is not handed on shows."""


def test_every_value_reaches_the_engine() -> None:
    config = load_config(flags=[part for pair in FLAGS.items() for part in pair])
    assert lengths(config) == Lengths(prompt=40, completion=41)
    assert lora(config) == Lora(rank=5, alpha=7.5, targets=".*q_einsum")
    assert optimizer_settings(config.sft) == OptimizerSettings(0.01, steps=31, warmup_steps=4)
    assert optimizer_settings(config.grpo) == OptimizerSettings(0.02, steps=32, warmup_steps=6)
    assert grpo_settings(config) == GrpoSettings(
        generations=6,
        micro_batch=4,
        temperature=0.6,
        advantage="drgrpo",
        aggregation="sequence-mean-token-scale",
        kl_coefficient=0.25,
        columns=3,
        overlong_filter=True,
        drop_flat_groups=True,
    )


def test_without_a_micro_batch_all_groups_go_through_the_loss_at_once() -> None:
    assert grpo_settings(load_config(flags=["--grpo.batch-size", "12"])).micro_batch == 12


def test_a_stage_that_the_clock_ends_has_its_rate_set_from_outside() -> None:
    config = load_config(flags=["--budget", "1h", "--sft.bound", "clock"])
    settings = optimizer_settings(config.sft)
    assert (settings.steps, settings.injected_rate) == (UNBOUNDED, True)


def test_full_training_has_no_adapters() -> None:
    assert lora(load_config(flags=["--model.training", "full"])) is None
