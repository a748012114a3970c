"""Tokens a processor second of rollouts with the real Gemma 3 270M: ours, and Tunix's sampler.

    python packages/reasoning-train/benchmarks/rollout.py TRAIN.jsonl [--prompts 8] [--tokens 64]

Both draw the same number of tokens from the same adapted model in float32 at temperature 1, the
completions of a group for each of some GSM8K prompts, none ending early. They take turns in one
process after each was compiled, so what else the machine does meets both; processor seconds count
the work of all threads, wall seconds what a busy machine leaves of it. Tunix's sampler is called as
its own rollouts call it: prompts padded to the limit, each computed once a completion.
"""

import argparse
import json
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from statistics import median

import jax
from flax import nnx
from tunix.generate.sampler import CacheConfig, Sampler
from tunix.generate.tokenizer_adapter import TokenizerAdapter

from reasoning_data import STYLES, load_gsm8k, render_prompt
from reasoning_train.engine.decode.decoder import Decoder, Sampling
from reasoning_train.engine.mesh import make_mesh
from reasoning_train.engine.model import Lora, add_lora, load_base
from reasoning_train.loop.host_memory import keep_freed_memory
from reasoning_train.models import locate_base
from reasoning_train.models.tokenizer import Tokenizer

TARGETS = ".*q_einsum|.*kv_einsum|.*attn_vec_einsum|.*gate_proj|.*up_proj|.*down_proj"
LIMIT = 192
"""Tokens of a prompt at most, as in the preset `gemma3-270m-cpu`."""

Rollout = Callable[[int], None]
"""Draws all completions, with the noise of a seed."""


def prompts_of(train: Path, tokenizer: Tokenizer, count: int) -> list[str]:
    found = (render_prompt(p.question, STYLES["gemma-pt"]) for p in load_gsm8k(str(train)))
    return list(islice((p for p in found if len(tokenizer.encode_prompt(p)) <= LIMIT), count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train", type=Path)
    parser.add_argument("--prompts", type=int, default=8)
    parser.add_argument("--group", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("ours", "tunix"))
    options = parser.parse_args()
    keep_freed_memory()
    folder, mesh = locate_base("gemma3-270m").folder, make_mesh()
    tokenizer = Tokenizer(folder / "tokenizer.model")
    base = load_base(folder, dtype="float32", remat=False, mesh=mesh)
    model = add_lora(base, Lora(16, 32.0, TARGETS), seed=0, mesh=mesh)
    nnx.update(model, jax.tree.map(lambda x: x + 1e-3, nnx.state(model, nnx.LoRAParam)))
    prompts = prompts_of(options.train, tokenizer, options.prompts)
    rows = [prompt for prompt in prompts for _ in range(options.group)]
    ids = [tokenizer.encode_prompt(row) for row in rows]
    decode = Decoder(model, mesh, prompt=LIMIT, completion=options.tokens)
    config = model.config
    cache = CacheConfig(
        LIMIT + options.tokens, config.num_layers, config.num_kv_heads, config.head_dim
    )
    sampler = Sampler(model, TokenizerAdapter(tokenizer.processor), cache)

    def ours(seed: int) -> None:
        decode(ids, stop=-1, never=0, sampling=Sampling(jax.random.PRNGKey(seed), 1.0))

    def tunix(seed: int) -> None:
        with mesh:
            sampler(
                rows,
                max_generation_steps=options.tokens,
                max_prompt_length=LIMIT,
                temperature=1.0,
                top_p=1.0,
                seed=jax.random.PRNGKey(seed),
                eos_tokens=[config.num_embed],  # which no row says
                forbidden_tokens=[0],
            )

    systems: dict[str, Rollout] = {"ours": ours, "tunix": tunix}
    if options.only:
        systems = {options.only: systems[options.only]}
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in systems}
    for turn in range(options.rounds + 1):  # the first compiles
        for name, rollout in systems.items():
            begun = time.process_time(), time.perf_counter()
            rollout(turn)
            spent = time.process_time() - begun[0], time.perf_counter() - begun[1]
            print(json.dumps({"system": name, "turn": turn, "cpu_s": spent[0], "s": spent[1]}))
            if turn:
                seconds[name].append(spent)
    tokens = len(rows) * options.tokens
    print(f"\n{len(rows)} rows × {options.tokens} tokens\n")
    print("| system | tokens a processor second | tokens a second |")
    print("|---|---|---|")
    for name, spent in seconds.items():
        processor, wall = (tokens / median(part) for part in zip(*spent, strict=True))
        print(f"| {name} | {processor:.1f} | {wall:.1f} |")


if __name__ == "__main__":
    main()
