"""Greedy completions of a trained model: as the run's own evaluation found them, and by llama.cpp.

    python benchmarks/llama_cpp_texts.py RUN NODE [--stage grpo] [--problems 50]

RUN is a finished run of reasoning-train, NODE a folder where `npm install node-llama-cpp` was run.
The run is exported as GGUF, f16 and q8_0, and llama.cpp answers the problems of the run's
evaluation. Prints how many texts are the same to the letter, and those that are not.
"""

import argparse
import json
import shutil
import subprocess
import tempfile
from itertools import islice
from pathlib import Path

from reasoning_export.formats.gguf import Precision, export_gguf

LIMIT = 64
"""Tokens of a completion."""


def predictions(run: Path, stage: str, problems: int) -> list[dict[str, str]]:
    """The first of the evaluation, with the prompt and the completion of each."""
    with (run / "evaluation" / f"{stage}.predictions.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in islice(lines, problems)]


def llama_texts(model: Path, node: Path, prompts: list[str]) -> list[str]:
    script = shutil.copy(Path(__file__).with_name("texts.mjs"), node)
    done = subprocess.run(
        ["node", script, str(model), str(LIMIT)],
        input=json.dumps(prompts), cwd=node, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    texts: list[str] = json.loads(done.stdout.splitlines()[-1])
    return texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("node", type=Path)
    parser.add_argument("--stage", default="grpo")
    parser.add_argument("--problems", type=int, default=50)
    options = parser.parse_args()
    rows = predictions(options.run, options.stage, options.problems)
    with tempfile.TemporaryDirectory() as scratch:
        for precision in Precision:
            out = export_gguf(options.run, Path(scratch) / precision, precision)
            model = out / f"model-{precision}.gguf"
            texts = llama_texts(model, options.node, [row["prompt"] for row in rows])
            different = [
                (row["completion"], text)
                for row, text in zip(rows, texts, strict=True)
                if row["completion"] != text
            ]
            print(f"{precision}: {len(rows) - len(different)} of {len(rows)} texts are the same")
            for ours, theirs in different:
                print(f"  the run's  {ours!r}\n  llama.cpp  {theirs!r}")


if __name__ == "__main__":
    main()
