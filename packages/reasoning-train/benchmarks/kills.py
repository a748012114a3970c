"""A run killed at random moments ends in the numbers of one that nobody disturbed.

    uv run python packages/reasoning-train/benchmarks/kills.py --kills 20 --seed 0

A small run with what makes a resume hard: validation, checkpoints that are several updates apart,
micro-batches, redrawn groups and a KL. It is made once in peace. Then it is begun anew, killed
(SIGKILL) again and again, and let go to its end. What must be equal, to the bit: every metric of
every step, every evaluation and validation, the choice of the checkpoint, every rollout, the
exported weights.

A kill comes when a process has changed a number of files, drawn from the seed, and up to a second
later: so kills fall into all stages, and not into the compiling of the first alone, which takes
most of so short a run. If it ends before all kills have come, another one takes the rest.
"""

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

SETTINGS = [
    *("--data.sft-problems", "200", "--data.grpo-problems", "48", "--data.eval-problems", "24"),
    *("--evaluation.batch-size", "24"),
    *("--sft.steps", "25", "--sft.batch-size", "16", "--sft.save-every", "7"),
    *("--sft.warmup-steps", "2", "--grpo.warmup-steps", "2"),
    *("--grpo.steps", "9", "--grpo.batch-size", "4", "--grpo.num-generations", "4"),
    *("--grpo.micro-batch", "2", "--grpo.save-every", "2", "--grpo.resample-flat-groups", "1"),
    *("--grpo.kl-coefficient", "0.01", "--validation.problems", "24"),
]
"""`grpo.save_every` does not divide `grpo.steps`: the last checkpoint is one of its own."""


def main() -> None:
    """Run in peace, kill, compare; exit 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, metavar="N")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--folder", type=Path, help="where the runs are kept (default: removed)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder: Path = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder / "compiled"))
        peace = folder / "peace"
        changes = finish(peace)
        print(f"in peace: {changes} changes of files", flush=True)
        rng, left, runs, differing = random.Random(options.seed), options.kills, 0, []
        while left:
            runs += 1
            killed = folder / f"killed-{runs}"
            left -= kill_often(killed, rng, left, most=max(2, 2 * changes // options.kills))
            finish(killed)
            differing += [f"{killed.name} {line}" for line in compare(peace, killed)]
    if differing:
        print(f"DIFFERENT after {options.kills} kills (seed {options.seed}):")
        print("\n".join(differing))
        sys.exit(1)
    print(f"equal in {runs} runs with {options.kills} kills (seed {options.seed})")


def command(root: Path) -> list[str]:
    """The run of a folder, begun or continued."""
    return [sys.executable, "-m", "reasoning_train.entry", "run", "--run-dir", str(root), *SETTINGS]


def finish(root: Path) -> int:
    """Let a run come to its end; how many changes of files it made.

    Raises:
        SystemExit: It ended in an error, which is printed.
    """
    begun = time.monotonic()
    with watched(root) as process:
        changes = wait_for_changes(process, root, sys.maxsize)
    print(f"{root.name}: ended after {time.monotonic() - begun:.0f} s", flush=True)
    return len(changes)


def kill_often(root: Path, rng: random.Random, kills: int, most: int) -> int:
    """Begin and continue a run, and kill it each time; how many kills came before its end.

    Args:
        root: The run.
        rng: Draws the moments.
        kills: As many at most.
        most: Changes of files after which a process is killed at the latest.

    Raises:
        SystemExit: A continued run ended in an error by itself.
    """
    for number in range(1, kills + 1):
        with watched(root) as process:
            changes = wait_for_changes(process, root, rng.randint(1, most))
            time.sleep(rng.uniform(0.0, 1.0))
            if process.poll() is not None:
                return number - 1
            process.kill()
        print(f"{root.name}: kill {number} after {', '.join(changes[-2:])}", flush=True)
    return kills


@contextmanager
def watched(root: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the run, whose output is shown if it ends in an error of its own."""
    log = root.with_name(f"{root.name}.log")
    with log.open("w") as file:
        process = subprocess.Popen(command(root), stdout=file, stderr=subprocess.STDOUT)
        yield process
        code = process.wait()
    if code > 0:
        sys.exit(f"{root.name} ended with exit code {code}:\n{log.read_text()[-4000:]}")


def wait_for_changes(process: subprocess.Popen[bytes], root: Path, count: int) -> list[str]:
    """Wait until a process has changed so many files of the run, or has ended; which, in order."""
    before = files(root)
    changes: list[str] = []
    while len(changes) < count:
        ended = process.poll() is not None
        now = files(root)
        changes += sorted(name for name, changed in now.items() if before.get(name) != changed)
        before = now
        if ended:
            break
        time.sleep(0.01)
    return changes


def files(root: Path) -> dict[str, int]:
    """When each file and checkpoint of a run was last changed."""
    patterns = (
        "*.json*", "data/*", "checkpoints/*/*", "rollouts/*", "evaluation/**/*", "export/*",
    )  # fmt: skip
    found = {}
    for pattern in patterns:
        for path in root.glob(pattern):
            with suppress(FileNotFoundError):  # moved meanwhile
                found[str(path.relative_to(root))] = path.stat().st_mtime_ns
    return found


def compare(one: Path, other: Path) -> list[str]:
    """What differs, a line each."""
    left, right = numbers(one), numbers(other)
    return [
        f"{name}: {str(left.get(name))[:200]} | {str(right.get(name))[:200]}"
        for name in sorted(left.keys() | right.keys())
        if left.get(name) != right.get(name)
    ]


def numbers(root: Path) -> dict[str, Any]:
    """Every number of a finished run that does not depend on the time, by what it is of."""
    found: dict[str, Any] = {}
    for line in map(json.loads, (root / "metrics.jsonl").read_text().splitlines()):
        found[f"metrics {line['stage']} {line['step']}"] = line["values"]
    for path in sorted((root / "evaluation").rglob("*.json")):
        found[str(path.relative_to(root))] = json.loads(path.read_text())
    for path in sorted((root / "evaluation").rglob("*.predictions.jsonl")):
        found[str(path.relative_to(root))] = digest(path)
    found["choice"] = json.loads((root / "checkpoints" / "best.json").read_text())
    for path in sorted((root / "rollouts").glob("*.parquet")):
        rows = json.dumps(pq.read_table(path).to_pylist())
        found[f"rollouts {path.stem}"] = hashlib.sha256(rows.encode()).hexdigest()
    found["weights"] = digest(root / "export" / "safetensors" / "model.safetensors")
    found["state"] = {
        key: json.loads((root / "state.json").read_text())[key] for key in ("done", "steps")
    }
    return found


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main()
