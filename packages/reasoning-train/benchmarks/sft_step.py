"""Tokens a second and peak memory of an SFT step on the real Gemma 3 270M, beside others' steps.

    python packages/reasoning-train/benchmarks/sft_step.py TRAIN.jsonl [--training lora full]

Needs torch, transformers and peft beside this package (see the nox session `parity`). Every system
runs in a process of its own and is given the same worked problems of GSM8K, eight an update; the
rate counts their tokens, prompt and completion, and no padding: how a system lays rows out is part
of what is measured. Stock Tunix gets rows padded to the longest of all updates, as its fixed shapes
need; torch gets rows padded to the longest of the update; ours packs rows of 512. The first update
compiles and is left out of the time, not of the memory.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from reasoning_data import STYLES, load_gsm8k, render_completion, render_prompt
from reasoning_train.models import locate_base
from reasoning_train.packing import packed_batches
from reasoning_train.tokenizer import Tokenizer, pad_right

ROWS, LENGTH, COLUMNS = 4, 512, 32
EXAMPLES = 8
RANK, ALPHA, RATE = 16, 32.0, 1e-4
TARGETS = ".*q_einsum|.*kv_einsum|.*attn_vec_einsum|.*gate_proj|.*up_proj|.*down_proj"
TORCH_TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

Ids = tuple[list[int], list[int]]
Step = Callable[[], Any]
"""Makes one update with the next examples and returns the loss, which must be waited for."""


def examples(train: Path, tokenizer: Tokenizer) -> list[Ids]:
    """Prompts and completions of problems that fit a row of ours."""
    style = STYLES["gemma"]
    found = []
    for problem in islice(load_gsm8k(str(train)), 400):
        prompt = tokenizer.encode_prompt(render_prompt(problem.question, style))
        completion = tokenizer.encode_completion(render_completion(problem, style))
        if len(prompt) + len(completion) <= LENGTH:
            found.append((prompt, completion))
    return found


def tokens_of(rows: list[Ids]) -> int:
    return sum(len(p) + len(c) for p, c in rows)


def jax_trainer(training: str, dtype: str) -> Any:
    """The model and Tunix's trainer over it, with our optimizer."""
    from tunix.sft.peft_trainer import PeftTrainer, TrainingConfig

    from reasoning_train.engine.mesh import make_mesh
    from reasoning_train.engine.model import Lora, add_lora, load_base
    from reasoning_train.engine.optimizer import OptimizerSettings, make_optimizer

    mesh = make_mesh()
    model = load_base(locate_base("gemma3-270m").folder, dtype=dtype, remat=False, mesh=mesh)
    if training == "lora":
        model = add_lora(model, Lora(RANK, ALPHA, TARGETS), seed=0, mesh=mesh)
    optimizer = make_optimizer(OptimizerSettings(RATE, 100, 0))
    return PeftTrainer(model, optimizer, TrainingConfig(eval_every_n_steps=10**9, max_steps=100))


def ours(rows: list[Ids], updates: int, training: str, dtype: str) -> tuple[Step, list[int]]:
    """This package: packed rows, the head for completion tokens alone."""
    from reasoning_train.engine.sft import packed_loss

    batches = list(islice(packed_batches(rows, rows=ROWS, length=LENGTH, pad_id=0), updates))
    trainer = jax_trainer(training, dtype)
    trainer.with_gen_model_input_fn(lambda x: x).with_loss_fn(partial(packed_loss, columns=COLUMNS))
    train_step, _ = trainer.jit_train_and_eval_step()
    inputs = ({"tokens": b.tokens, "segments": b.segments, "wanted": b.wanted} for b in batches)
    return lambda: train_step(next(inputs))[0].block_until_ready(), [
        int((b.segments > 0).sum()) for b in batches
    ]


def tunix(rows: list[Ids], updates: int, training: str, dtype: str) -> tuple[Step, list[int]]:
    """Tunix as it comes: its loss over whole logits."""
    from tunix.sft.utils import build_positions_from_mask, make_causal_attn_mask

    trainer = jax_trainer(training, dtype)
    train_step, _ = trainer.jit_train_and_eval_step()
    length = max(len(p) + len(c) for p, c in rows[: updates * EXAMPLES])

    def batch(chosen: list[Ids]) -> dict[str, np.ndarray]:
        tokens = pad_right([p + c for p, c in chosen], length, 0)
        wanted = pad_right([[0] * len(p) + [1] * len(c) for p, c in chosen], length, 0)
        real = tokens != 0
        return {
            "input_tokens": tokens,
            "input_mask": wanted,
            "positions": np.asarray(build_positions_from_mask(real)),
            "attention_mask": np.asarray(make_causal_attn_mask(real)),
        }

    groups = in_updates(rows, updates)
    inputs = map(batch, groups)
    return lambda: train_step(next(inputs))[0].block_until_ready(), list(map(tokens_of, groups))


def torch(rows: list[Ids], updates: int, training: str, dtype: str) -> tuple[Step, list[int]]:
    """`transformers` on torch, its own loss."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(
        locate_base("gemma3-270m").folder, dtype=getattr(torch, dtype)
    )
    model.train()
    if training == "lora":
        model = get_peft_model(
            model, LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=TORCH_TARGETS)
        )
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=RATE)

    def update(chosen: list[Ids]) -> float:
        length = max(len(p) + len(c) for p, c in chosen)
        tokens = torch.tensor(pad_right([p + c for p, c in chosen], length, 0).astype(np.int64))
        labels = pad_right([[-100] * len(p) + c for p, c in chosen], length, -100)
        loss = model(
            tokens,
            attention_mask=(tokens != 0).long(),
            labels=torch.tensor(labels.astype(np.int64)),
        ).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return float(loss.detach())

    groups = in_updates(rows, updates)
    waiting = iter(groups)
    return lambda: update(next(waiting)), list(map(tokens_of, groups))


def in_updates(rows: list[Ids], updates: int) -> list[list[Ids]]:
    return [rows[i * EXAMPLES : (i + 1) * EXAMPLES] for i in range(updates)]


SYSTEMS = {
    "reasoning-train float32": (ours, "float32"),
    "reasoning-train bfloat16": (ours, "bfloat16"),
    "Tunix float32": (tunix, "float32"),
    "Tunix bfloat16": (tunix, "bfloat16"),
    "torch float32": (torch, "float32"),
    "torch bfloat16": (torch, "bfloat16"),
}


def measure(system: str, training: str, train: Path, updates: int) -> dict[str, Any]:
    """One system in this process."""
    make, dtype = SYSTEMS[system]
    tokenizer = Tokenizer(locate_base("gemma3-270m").folder / "tokenizer.model")
    step, tokens = make(examples(train, tokenizer), updates + 1, training, dtype)
    begun = time.perf_counter()
    losses, seconds = [float(step())], []
    first = time.perf_counter() - begun
    for _ in range(updates):
        begun = time.perf_counter()
        losses.append(float(step()))
        seconds.append(time.perf_counter() - begun)
    return {
        "system": system,
        "training": training,
        "tokens_per_s": sum(tokens[1:]) / sum(seconds),
        "slowest": min(t / s for t, s in zip(tokens[1:], seconds, strict=True)),
        "fastest": max(t / s for t, s in zip(tokens[1:], seconds, strict=True)),
        "first_s": first,
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "losses": losses,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train", type=Path, help="GSM8K's training file")
    parser.add_argument("--training", nargs="+", default=["lora"], choices=["lora", "full"])
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS), choices=list(SYSTEMS))
    parser.add_argument("--updates", type=int, default=4, help="timed ones")
    parser.add_argument("--one", action="store_true", help="in this process, as JSON")
    options = parser.parse_args()
    if options.one:
        (system,), (training,) = options.systems, options.training
        print(json.dumps(measure(system, training, options.train, options.updates)))
        return
    print("| training | system | tokens/s (slowest to fastest update) | peak GiB | first s |")
    print("|---|---|---|---|---|")
    for training in options.training:
        for system in options.systems:
            found = run_apart(system, training, options)
            print(
                f"| {training} | {system} | {found['tokens_per_s']:.0f} "
                f"({found['slowest']:.0f} to {found['fastest']:.0f}) | {found['peak_gib']:.1f} | "
                f"{found['first_s']:.0f} |",
                flush=True,
            )


def run_apart(system: str, training: str, options: argparse.Namespace) -> dict[str, Any]:
    command = [
        sys.executable, __file__, str(options.train), "--one", "--systems", system,
        "--training", training, "--updates", str(options.updates),
    ]  # fmt: skip
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    print(f"<!-- {system}, {training}: losses {found['losses']} -->", file=sys.stderr)
    return found


if __name__ == "__main__":
    main()
