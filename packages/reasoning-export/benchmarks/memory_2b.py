"""Peak memory of a merged export at the true shapes of Gemma 2 2B, random weights in bfloat16.

    python benchmarks/memory_2b.py SCRATCH TOKENIZER.model   (11 GB of disk; any SentencePiece)

The export is the command, in a process of its own, and what is sampled every 20 ms is its
anonymous memory, interpreter and libraries included: pages of mapped weight files are the system's
to drop. It must stay below one shard plus one tensor, the embedding.
"""

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import orbax.checkpoint as ocp

from reasoning_export.gemma.families import ModelShape
from reasoning_export.gemma.tensor_layout import sources
from reasoning_export.gemma.tunix_shapes import lora_shapes
from reasoning_export.weights import SHARD_BYTES, TensorSpec, write_weights

RANK, ALPHA = 64, 64.0
CONFIG = {
    "architectures": ["Gemma2ForCausalLM"],
    "model_type": "gemma2",
    "num_hidden_layers": 26,
    "vocab_size": 256000,
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "query_pre_attn_scalar": 256,
    "sliding_window": 4096,
    "rope_theta": 10000.0,
    "attn_logit_softcapping": 50.0,
    "final_logit_softcapping": 30.0,
}


def main(scratch: Path, tokenizer: Path) -> None:
    """Build a base and a run, export, and print the peak."""
    run, out = build(scratch, tokenizer), scratch / "out"
    started, peak = time.monotonic(), 0
    code = "from reasoning_export.cli import main; main()"
    command = [sys.executable, "-c", code, "safetensors", str(run), str(out)]
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            peak = max(peak, anonymous_bytes(process.pid))
            time.sleep(0.02)
    seconds = time.monotonic() - started
    if process.returncode:
        sys.exit(f"the export ended with {process.returncode}")
    embedding = 2 * CONFIG["vocab_size"] * CONFIG["hidden_size"]
    written = sum(path.stat().st_size for path in out.glob("*.safetensors"))
    for what, size in (
        ("written", written),
        ("peak of anonymous memory", peak),
        ("one shard and the embedding", SHARD_BYTES + embedding),
    ):
        print(f"{what}: {size / 1e9:.2f} GB")
    print(f"{seconds:.0f} s")
    sys.exit(peak > SHARD_BYTES + embedding)


def build(scratch: Path, tokenizer: Path) -> Path:
    """A base model and a run of it whose checkpoint holds a LoRA of every linear layer."""
    base, run = scratch / "base", scratch / "run"
    base.mkdir(parents=True)
    shape = ModelShape.from_config(CONFIG)
    table = sources(shape)
    rng = np.random.default_rng(0)
    block = (rng.normal(size=1 << 20) * 0.02).astype(ml_dtypes.bfloat16)
    specs = [TensorSpec(name, source.shape, "BF16") for name, source in table.items()]
    write_weights(base, specs, lambda name: np.resize(block, table[name].shape))
    (base / "config.json").write_text(json.dumps(CONFIG))
    (base / "tokenizer.model").write_bytes(tokenizer.read_bytes())
    tree: dict[str, Any] = {}
    for name, size in lora_shapes(shape, RANK).items():
        node = tree
        for part in name.split("."):
            node = node.setdefault(part, {})
        node["value"] = rng.standard_normal(size, np.float32) * np.float32(0.01)
    ocp.PyTreeCheckpointer().save(run.absolute() / "checkpoints/actor/1/model_params", tree)
    manifest = {
        "format": 1,
        "base_model": {
            "name": "random-gemma2-2b",
            "architecture": "gemma2",
            "path": str(base.absolute()),
            "sha256": {
                path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                for path in base.glob("*.json")
            },
        },
        "training": "lora",
        "lora": {"rank": RANK, "alpha": ALPHA, "targets": ".*"},
    }
    (run / "manifest.json").write_text(json.dumps(manifest))
    return run


def anonymous_bytes(pid: int) -> int:
    """Of a process, as Linux counts it; 0 when it has ended."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon")), 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
