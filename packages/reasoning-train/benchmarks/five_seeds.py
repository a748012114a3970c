"""Run the preset `tiny` with several seeds and print what each learned as a Markdown table.

    uv run python packages/reasoning-train/benchmarks/five_seeds.py OUT [--section.key VALUE ...]

Seeds 0 to 4, with settings other than the preset's if given. Finished runs in OUT are kept, and an
interrupted one goes on.
"""

import json
import subprocess
import sys
from pathlib import Path

from reasoning_train.console.summary import compare
from reasoning_train.run_dir.directory import RunDir

HEADER = """\
| seed | minutes | SFT format % | base % | SFT % | GRPO % | gain, points (95 % CI) | McNemar p |
|---|---|---|---|---|---|---|---|"""


def row(seed: int, run: RunDir) -> str:
    """One seed's line."""
    base, sft, grpo = (
        json.loads((run.evaluation / f"{name}.json").read_text())
        for name in ("base", "sft", "grpo")
    )
    gain = compare(run, "sft", "grpo")
    interval = f"{100 * gain.interval.low:+.1f} to {100 * gain.interval.high:+.1f}"
    return (
        f"| {seed} | {run.read_state().elapsed_s / 60:.1f} | {100 * sft['well_formed']:.1f} | "
        f"{100 * base['accuracy']:.1f} | {100 * sft['accuracy']:.1f} | "
        f"{100 * grpo['accuracy']:.1f} | {100 * gain.difference:+.1f} ({interval}) | "
        f"{gain.p_value:.1e} |"
    )


def main(out: Path, flags: list[str]) -> None:
    rows = []
    for seed in range(5):
        root = out / f"seed-{seed}"
        command = [sys.executable, "-m", "reasoning_train.entry", "run", *flags]
        subprocess.run([*command, "--seed", str(seed), "--run-dir", str(root)], check=True)
        rows.append(row(seed, RunDir(root)))
    print(HEADER, *rows, sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
