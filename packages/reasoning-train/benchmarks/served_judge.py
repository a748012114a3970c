"""A rubric judged by a real server on this machine: `transformers serve` on a model's folder.

    python benchmarks/served_judge.py [--model gemma3-270m] [--texts 20]

The folder of a model known by name gets Gemma's chat template, `transformers serve` serves it, and
the judge of reasoning-rewards asks it two items about texts whose answers are known. Prints how
many replies could be read as a verdict, how many verdicts are right, tokens, faults and time; then
the same again from the cache.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reasoning_export.gemma.chat_template import CHAT_TEMPLATE
from reasoning_rewards.judge import Judge, JudgeItem
from reasoning_rewards.judge.endpoint import Endpoint, EndpointSettings
from reasoning_rewards.judge.verdict_cache import VerdictCache

ITEMS = (
    JudgeItem("number", "Does the text contain a number?"),
    JudgeItem("greeting", "Does the text begin with a greeting?"),
)
STARTED = 300
"""Seconds that the server may take to load the model."""


def texts(count: int) -> list[tuple[str, dict[str, float]]]:
    """Return texts, with the right value of each item."""
    found = []
    for n in range(count):
        number, greeting = n % 2 == 0, n % 4 < 2
        text = f"{'Hello! ' if greeting else ''}Ann has {n + 3 if number else 'some'} pens."
        found.append((text, {"number": float(number), "greeting": float(greeting)}))
    return found


@contextmanager
def served(folder: Path, log: Path) -> Iterator[str]:
    """Yield the base URL of a server that runs until the block ends."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    program = str(Path(sys.executable).with_name("transformers"))
    command = [program, "serve", str(folder), "--dtype", "float32", "--port", str(port)]
    with log.open("w") as output:
        server = subprocess.Popen(
            command, stdout=output, stderr=output, env=os.environ | {"HF_HUB_OFFLINE": "1"}
        )
    try:
        for _ in range(STARTED):
            if server.poll() is not None:
                sys.exit(f"the server ended with {server.returncode}:\n{log.read_text()}")
            with socket.socket() as probe:
                if probe.connect_ex(("localhost", port)) == 0:
                    break
            time.sleep(1)
        yield f"http://localhost:{port}/v1"
    finally:
        server.terminate()
        server.wait(60)


def folder_of(model: str, scratch: Path) -> Path:
    """Copy a model's folder, with the chat template that servers need."""
    from reasoning_train.models import locate_base

    folder = scratch / model
    shutil.copytree(locate_base(model).folder, folder)
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="gemma3-270m")
    parser.add_argument("--texts", type=int, default=20)
    options = parser.parse_args()
    asked = texts(options.texts)
    prompts, completions = ["Say something about Ann."] * len(asked), [text for text, _ in asked]
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        folder = folder_of(options.model, scratch)
        with served(folder, scratch / "server.log") as url:
            settings = EndpointSettings(
                url, str(folder), concurrency=4, timeout_s=600, request_timeout_s=300,
                reply_tokens=24,
            )  # fmt: skip
            for attempt in ("asked", "again"):
                cache = VerdictCache(scratch / "verdicts.sqlite")
                judge, begun = Judge(Endpoint(settings), ITEMS, cache=cache), time.monotonic()
                judged = judge.judge(prompts, completions)
                judge.close()
                pairs = [
                    (value, truth[item])
                    for one, (_, truth) in zip(judged, asked, strict=True)
                    for item, value in one.items.items()
                ]
                read = [(value, truth) for value, truth in pairs if value is not None]
                print(
                    f"{attempt}: {len(read)} of {len(pairs)} replies read, "
                    f"{sum(value == truth for value, truth in read)} right, "
                    f"{time.monotonic() - begun:.0f} s; {judge.counts.as_dict()}",
                    flush=True,
                )
            for one in judged:
                if one.fault:
                    print(f"  {one.fault}")


if __name__ == "__main__":
    main()
