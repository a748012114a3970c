"""Tokens a second and peak memory of one update of the real Gemma 3 270M, beside others' updates.

    python packages/reasoning-train/benchmarks/sft_step.py TRAIN.jsonl [--training lora full]

Needs torch, transformers and peft beside this package (see the nox session `parity-train`). Every
system runs in a process of its own and is given the same worked problems of GSM8K; the rate counts
their tokens, prompt and completion, and no padding: how a system lays rows out is part of what is
measured. SFT: stock Tunix gets rows padded to the longest of all updates, as its fixed shapes need;
torch gets rows padded to the longest of the update; ours packs rows of 512, or takes an example a
row as the preset `gemma3-270m-cpu` lays it out. GRPO: the update alone, on solutions of the same
problems as if they had been sampled, in that preset's layout, with log-probabilities of a reference
given. The first update, which JAX compiles in, is left out of the time, not of the memory. Where
processors were used for far less than the clock's seconds times their number, the machine was busy
elsewhere.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from reasoning_data import STYLES, load_gsm8k, render_completion, render_prompt
from reasoning_train.loop.host_memory import keep_freed_memory
from reasoning_train.loop.packing import Example, packed_batches
from reasoning_train.models import locate_base
from reasoning_train.models.tokenizer import Tokenizer, pad_left, pad_right

EXAMPLES = 4
"""An update's. Whole logits of eight need more than 22 GB."""
ROWS, LENGTH = 2, 512
"""Of ours packed: about as many tokens."""
PROMPT, COMPLETION, GENERATIONS = 192, 160, 2
LOGITS = 256
"""Rows of logits at a time, in ours: fewer read the head's weights too often for a CPU."""
WARM_UP = 1
RANK, ALPHA, RATE = 16, 32.0, 1e-4
TARGETS = ".*q_einsum|.*kv_einsum|.*attn_vec_einsum|.*gate_proj|.*up_proj|.*down_proj"
TORCH_TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

Batches = Iterator[tuple[Any, int]]
"""What an update takes, and its tokens."""
Update = Callable[[Any], Any]
"""Makes an update and returns the loss, which must be waited for."""


@dataclass(frozen=True)
class Job:
    """What a system is to train, and on what."""

    rows: list[Example]
    training: str
    dtype: str

    def groups(self) -> Iterator[list[Example]]:
        """The examples of each update."""
        for start in range(0, len(self.rows), EXAMPLES):
            yield self.rows[start : start + EXAMPLES]


def examples(train: Path) -> list[Example]:
    """Prompts and completions of problems that the preset would take."""
    tokenizer = Tokenizer(locate_base("gemma3-270m").folder / "tokenizer.model")
    style = STYLES["gemma"]
    found = []
    for problem in islice(load_gsm8k(str(train)), 400):
        prompt = tokenizer.encode_prompt(render_prompt(problem.question, style))
        completion = tokenizer.encode_completion(render_completion(problem, style))
        if len(prompt) <= PROMPT and len(completion) <= COMPLETION:
            found.append(Example(prompt, completion))
    return found


def tokens_of(rows: list[Example]) -> int:
    return sum(row.tokens for row in rows)


def jax_model(job: Job) -> Any:
    from reasoning_train.engine.mesh import make_mesh
    from reasoning_train.engine.model import Lora, add_lora, load_base

    mesh = make_mesh()
    model = load_base(locate_base("gemma3-270m").folder, dtype=job.dtype, remat=False, mesh=mesh)
    if job.training == "lora":
        return add_lora(model, Lora(RANK, ALPHA, TARGETS), seed=0, mesh=mesh)
    return model


def optimizer_settings() -> Any:
    from reasoning_train.engine.optimizer import OptimizerSettings

    return OptimizerSettings(RATE, 100, 0)


def jax_update(trainer: Any) -> Update:
    from reasoning_train.engine.mesh import make_mesh

    def update(batch: Any) -> Any:
        # Out of a mesh Tunix leaves the optimizer's state unplaced, and JAX compiles twice.
        with make_mesh():
            train_step, _ = trainer.jit_train_and_eval_step()
            return train_step(batch)[0].block_until_ready()

    return update


def sft_trainer(job: Job, *, packed: bool) -> Any:
    from tunix.sft.peft_trainer import TrainingConfig

    from reasoning_train.engine.sft import NO_EVALUATION, make_sft_trainer

    keep_freed_memory()  # as `reasoning-train run` does
    return make_sft_trainer(
        jax_model(job),
        TrainingConfig(eval_every_n_steps=NO_EVALUATION),
        optimizer_settings(),
        pad_id=0,
        columns=LOGITS // (ROWS if packed else EXAMPLES),
        packed=packed,
    )


def ours_packed(job: Job) -> tuple[Update, Batches]:
    batches = packed_batches(job.rows, rows=ROWS, length=LENGTH, pad_id=0)
    inputs = ((dict(b.inputs), int(np.sum(b.segments > 0))) for b in batches)
    return jax_update(sft_trainer(job, packed=True)), inputs


def padded(chosen: list[Example]) -> dict[str, np.ndarray]:
    return {
        "prompt_ids": pad_left([row.prompt for row in chosen], PROMPT, 0),
        "completion_ids": pad_right([row.completion for row in chosen], COMPLETION, 0),
        "wanted": pad_right([row.wanted for row in chosen], COMPLETION, 0),
    }


def ours_padded(job: Job) -> tuple[Update, Batches]:
    inputs = ((padded(chosen), tokens_of(chosen)) for chosen in job.groups())
    return jax_update(sft_trainer(job, packed=False)), inputs


def tunix_sft(job: Job) -> tuple[Update, Batches]:
    """Tunix as it comes: its loss over whole logits."""
    from tunix.sft.peft_trainer import TrainingInput

    from reasoning_train.engine import stock

    length = max(row.tokens for row in job.rows[: 10 * EXAMPLES])

    def batch(chosen: list[Example]) -> TrainingInput:
        wanted = [[0] * len(row.prompt) + row.wanted for row in chosen]
        ids = [row.prompt + row.completion for row in chosen]
        return TrainingInput(pad_right(ids, length, 0), pad_right(wanted, length, 0) == 1)

    inputs = ((batch(chosen), tokens_of(chosen)) for chosen in job.groups())
    return jax_update(stock.sft_trainer(jax_model(job))), inputs


def rollouts(job: Job) -> Batches:
    """Solutions as if they had been sampled, every second one of a group rewarded."""
    from tunix.rl.grpo.grpo_learner import TrainExample

    rng = np.random.default_rng(0)
    for chosen in job.groups():
        ids = padded(chosen)
        mask = ids["completion_ids"] != 0
        yield (
            TrainExample(
                prompt_ids=ids["prompt_ids"],
                prompt_mask=ids["prompt_ids"] != 0,
                completion_ids=ids["completion_ids"],
                completion_mask=mask,
                advantages=np.array([0.5, -0.5] * (EXAMPLES // 2), np.float32),
                ref_per_token_logps=(mask * rng.normal(-1, 0.5, mask.shape)).astype(np.float32),
                old_per_token_logps=None,
            ),
            tokens_of(chosen),
        )


def ours_grpo(job: Job) -> tuple[Update, Batches]:
    from reasoning_train.engine.grpo import GrpoSettings
    from reasoning_train.engine.step_functions import policy_trainer

    keep_freed_memory()
    settings = GrpoSettings(
        GENERATIONS, EXAMPLES // GENERATIONS, 0.9, "rloo", "token-mean", 0.08, LOGITS // EXAMPLES
    )
    trainer = policy_trainer(
        jax_model(job), EXAMPLES // GENERATIONS, settings, optimizer_settings()
    )
    return jax_update(trainer), rollouts(job)


def tunix_grpo(job: Job) -> tuple[Update, Batches]:
    from reasoning_train.engine import stock

    return jax_update(stock.policy_trainer(jax_model(job), GENERATIONS)), rollouts(job)


def torch_sft(job: Job) -> tuple[Update, Batches]:
    """`transformers` on torch, its own loss."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(
        locate_base("gemma3-270m").folder, dtype=getattr(torch, job.dtype)
    )
    model.train()
    if job.training == "lora":
        model = get_peft_model(
            model, LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=TORCH_TARGETS)
        )
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=RATE)

    def update(chosen: list[Example]) -> float:
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

    return update, ((chosen, tokens_of(chosen)) for chosen in job.groups())


MAKERS: dict[str, Callable[[Job], tuple[Update, Batches]]] = {
    "SFT, reasoning-train, packed": ours_packed,
    "SFT, reasoning-train, an example a row": ours_padded,
    "SFT, Tunix": tunix_sft,
    "SFT, torch": torch_sft,
    "GRPO, reasoning-train": ours_grpo,
    "GRPO, Tunix": tunix_grpo,
}
DTYPES = ("float32", "bfloat16")
SYSTEMS = [f"{name}, {dtype}" for name in MAKERS for dtype in DTYPES]


def measure(system: str, training: str, train: Path, updates: int) -> dict[str, Any]:
    """One system in this process."""
    name, dtype = system.rsplit(", ", 1)
    update, batches = MAKERS[name](Job(examples(train), training, dtype))
    losses, tokens, seconds, processor = [], [], [], []
    for batch, count in islice(batches, updates + WARM_UP):
        begun, used = time.perf_counter(), time.process_time()
        losses.append(float(update(batch)))
        seconds.append(time.perf_counter() - begun)
        processor.append(time.process_time() - used)
        tokens.append(count)
    rates = [t / s for t, s in zip(tokens[WARM_UP:], seconds[WARM_UP:], strict=True)]
    return {
        "tokens_per_s": sum(tokens[WARM_UP:]) / sum(seconds[WARM_UP:]),
        "step_s": sum(seconds[WARM_UP:]) / updates,
        "cpu_s": sum(processor[WARM_UP:]) / updates,
        "tokens": sum(tokens[WARM_UP:]) / updates,
        "slowest": min(rates),
        "fastest": max(rates),
        "first_s": seconds[0],
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "losses": losses,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train", type=Path, help="GSM8K's training file")
    parser.add_argument("--training", nargs="+", default=["lora"], choices=["lora", "full"])
    parser.add_argument("--systems", nargs="+", default=SYSTEMS, choices=SYSTEMS, metavar="NAME")
    parser.add_argument("--updates", type=int, default=4, help="timed ones")
    parser.add_argument("--one", action="store_true", help="in this process, as JSON")
    options = parser.parse_args()
    if options.one:
        (system,), (training,) = options.systems, options.training
        print(json.dumps(measure(system, training, options.train, options.updates)))
        return
    print(
        "| training | update | tokens/s (slowest to fastest) | tokens | s | CPU s | peak GiB "
        "| first s |\n|---|---|---|---|---|---|---|---|"
    )
    for training in options.training:
        for system in options.systems:
            found = run_apart(system, training, options)
            print(
                f"| {training} | {system} | {found['tokens_per_s']:.0f} "
                f"({found['slowest']:.0f} to {found['fastest']:.0f}) | {found['tokens']:.0f} | "
                f"{found['step_s']:.1f} | {found['cpu_s']:.1f} | {found['peak_gib']:.1f} | "
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
