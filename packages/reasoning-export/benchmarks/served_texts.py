"""Greedy completions of a trained model: as the run's own evaluation found them, and as served.

    python benchmarks/served_texts.py RUN [--stage grpo] [--problems 50] [--engine ENGINE …]

RUN is a run of reasoning-train. It is exported, an engine serves the export, and OpenAI's client
asks it the problems of the run's evaluation. The engines are `transformers` (`transformers serve`
on the safetensors) and `llama-cpp` (llama-cpp-python's server on the GGUF, float16). Prints how
many texts are the same to the letter, and those that are not.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from openai import OpenAI

from reasoning_export import Wanted, export_safetensors
from reasoning_export.formats.gguf import export_gguf
from reasoning_export.inputs.checkpoint_finder import Stage

OPENS, CLOSES = "<start_of_turn>user\n", "<end_of_turn>\n<start_of_turn>model\n"
STARTED = 300
"""Seconds that a server may take to load the model."""
WINDOW = 1024
"""Tokens of prompt and completion together that llama.cpp keeps room for."""


def predictions(run: Path, stage: str, problems: int) -> list[dict[str, Any]]:
    """The first of the evaluation, with the prompt and the completion of each."""
    with (run / "evaluation" / f"{stage}.predictions.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in islice(lines, problems)]


def command(engine: str, run: Path, wanted: Wanted, folder: Path, port: int) -> list[str]:
    """Export the run for an engine, and return the command that serves it."""
    if engine == "transformers":
        out = export_safetensors(run, folder / "safetensors", wanted=wanted)
        program = str(Path(sys.executable).with_name("transformers"))
        eager = ("--attn-implementation", "eager", "--dtype", "float32")
        return [program, "serve", str(out), *eager, "--port", str(port)]
    out = export_gguf(run, folder / "gguf", wanted=wanted)
    model = str(out / "model-f16.gguf")
    server = [sys.executable, "-m", "llama_cpp.server", "--model", model]
    return [*server, "--n_ctx", str(WINDOW), "--port", str(port)]


@contextmanager
def served(arguments: list[str], port: int, log: Path) -> Iterator[OpenAI]:
    """A client of a server that runs until the block ends."""
    offline = os.environ | {"HF_HUB_OFFLINE": "1"}
    with log.open("w") as output:
        server = subprocess.Popen(arguments, stdout=output, stderr=output, env=offline)
    try:
        client = OpenAI(base_url=f"http://localhost:{port}/v1", api_key="none", timeout=600)
        for _ in range(STARTED):
            if server.poll() is not None:
                sys.exit(f"{arguments[0]} ended with {server.returncode}:\n{log.read_text()}")
            with socket.socket() as probe:
                if probe.connect_ex(("localhost", port)) == 0:
                    break
            time.sleep(1)
        else:
            sys.exit(f"{arguments[0]} did not answer in {STARTED} s:\n{log.read_text()}")
        yield client
    finally:
        server.terminate()
        server.wait(60)


def texts(client: OpenAI, model: str, questions: list[str], limit: int) -> list[str]:
    """The greedy completion of each question."""
    found = []
    for question in questions:
        answer = client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": question}],
            temperature=0,
            max_tokens=limit,
        )
        found.append(answer.choices[0].message.content or "")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--stage", default="grpo", choices=("sft", "grpo"))
    parser.add_argument("--problems", type=int, default=50)
    parser.add_argument("--limit", type=int, default=64, help="tokens of a completion")
    parser.add_argument("--engine", nargs="+", default=["transformers", "llama-cpp"])
    options = parser.parse_args()
    rows = predictions(options.run, options.stage, options.problems)
    questions = [row["prompt"].removeprefix(OPENS).removesuffix(CLOSES) for row in rows]
    wanted = Wanted(Stage.SFT if options.stage == "sft" else Stage.BEST)
    for engine in options.engine:
        with socket.socket() as probe:
            probe.bind(("localhost", 0))
            port = probe.getsockname()[1]
        with tempfile.TemporaryDirectory() as scratch:
            serve = command(engine, options.run, wanted, Path(scratch), port)
            model = serve[2] if engine == "transformers" else serve[4]
            with served(serve, port, Path(scratch) / "server.log") as client:
                found = texts(client, model, questions, options.limit)
        different = [
            (row["completion"], text)
            for row, text in zip(rows, found, strict=True)
            if row["completion"] != text
        ]
        print(f"{engine}: {len(rows) - len(different)} of {len(rows)} texts are the same")
        for ours, theirs in different:
            print(f"  the run's  {ours!r}\n  served     {theirs!r}")


if __name__ == "__main__":
    main()
