"""`trl_rewards` in TRL's own GRPOTrainer: two steps of a tiny model with random weights."""

import functools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer

from reasoning_rewards import CompositeReward, render
from reasoning_rewards.adapters import trl_rewards

QUESTIONS = ["6 * 7?", "What is one half of 84?", "40 + 2?", "Is 17 prime?"]
GOLDS = ["42", "42", None, "yes"]
"""One is unknown: its completions get no reward at all."""

GENERATIONS = 2
COMPONENTS = ("correctness", "structure", "confidence")
CHAT = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    """One token a byte, so that any text can be written."""
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    vocabulary = {token: n for n, token in enumerate(["<pad>", "<eos>", *sorted(alphabet)])}
    inner = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", eos_token="<eos>", chat_template=CHAT
    )


def train(
    tokenizer: PreTrainedTokenizerFast, rewards: list[Callable[..., Any]], chat: bool, folder: Path
) -> list[dict[str, Any]]:
    """What two steps logged."""
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
            num_attention_heads=2, num_key_value_heads=2, pad_token_id=0, eos_token_id=1,
        )
    )  # fmt: skip
    prompts = [[{"role": "user", "content": q}] if chat else q for q in QUESTIONS]
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=rewards,
        args=GRPOConfig(
            output_dir=str(folder), max_steps=2, per_device_train_batch_size=len(QUESTIONS),
            num_generations=GENERATIONS, max_completion_length=12, logging_steps=1,
            report_to=[], use_cpu=True, save_strategy="no", seed=0,
        ),
        train_dataset=Dataset.from_dict({"prompt": prompts, "answer": GOLDS}),
        processing_class=tokenizer,
    )  # fmt: skip
    trainer.train()
    return trainer.state.log_history


@pytest.mark.parametrize("chat", [False, True], ids=["plain", "conversational"])
def test_the_trainer_logs_each_component(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path, chat: bool
) -> None:
    seen: list[tuple[Any, list[str | None], list[float | None]]] = []

    def recording(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(prompts: Any, completions: Any, **columns: Any) -> Any:
            values = function(prompts=prompts, completions=completions, **columns)
            seen.append((completions, columns["answer"], values))
            return values

        return call

    rewards = [recording(function) for function in trl_rewards(gold_column="answer")]
    logs = train(tokenizer, rewards, chat, tmp_path)
    steps = [row for row in logs if "reward" in row]
    assert len(steps) == 2
    for step in steps:
        assert math.isfinite(step["reward"])
        assert all(math.isfinite(step[f"rewards/{name}_reward/mean"]) for name in COMPONENTS)
    assert any(None in golds for _, golds, _ in seen)
    for completions, golds, values in seen:
        assert isinstance(completions[0], list) == chat
        assert [value is None for value in values] == [gold is None for gold in golds]


@pytest.mark.parametrize("chat", [False, True], ids=["plain", "conversational"])
def test_a_right_completion_is_rewarded(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path, chat: bool
) -> None:
    """The model itself writes noise; the function then says what it would have earned."""
    right = render("One half of 84 is 84 / 2 = 42.", "42")
    earned: list[float] = []

    def replacing(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(prompts: Any, completions: Any, **columns: Any) -> Any:
            said = [[{"role": "assistant", "content": right}] if chat else right for _ in prompts]
            values = function(prompts=prompts, completions=said, **columns)
            earned.extend(
                value for value, gold in zip(values, columns["answer"], strict=True) if gold == "42"
            )
            return values

        return call

    rewards = [replacing(function) for function in trl_rewards(gold_column="answer")]
    logs = train(tokenizer, rewards, chat, tmp_path)
    assert max(earned) == CompositeReward().weights.correctness
    assert any(row.get("rewards/correctness_reward/mean", 0) > 0 for row in logs)
