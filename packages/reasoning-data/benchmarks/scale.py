"""How a build and its search for near duplicates grow with the number of rows.

    python benchmarks/scale.py near 10000 100000 1000000
    python benchmarks/scale.py build 1000000

The rows are made: questions of 20 to 70 words, 1 % of them copies and 5 % with one word more.
`near` times the signatures and the search alone, `build` a whole `reasoning-data build` with its
peak memory, read from /proc every 0.2 s: private (anonymous) memory, and all that is resident,
mapped files counted.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from reasoning_data import Cleaning
from reasoning_data.checks.hashed_words import HashedWords
from reasoning_data.checks.near_duplicates import find_near_duplicates, sketch

BATCH = 1000
RECENT = 20_000


def rows(n: int, seed: int = 7) -> Iterator[tuple[str, int, str]]:
    """Question, gold and kind (`new`, `copy`, `near`) of each row."""
    rng = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(rng.choices(letters, k=rng.randint(3, 9))) for _ in range(8000)]
    known: list[tuple[str, int]] = []
    for _ in range(n):
        draw = rng.random()
        if known and draw < 0.06:
            question, gold = rng.choice(known)
            if draw < 0.01:
                yield question, gold, "copy"
                continue
            found = question.split()
            found.insert(rng.randrange(len(found)), rng.choice(words))
            yield " ".join(found), gold, "near"
            continue
        a, b = rng.randint(2, 999), rng.randint(2, 999)
        text = " ".join(rng.choices(words, k=rng.randint(20, 70)))
        question = f"{text} {a} and {b}?"
        if len(known) < RECENT:
            known.append((question, a + b))
        elif rng.random() < 0.02:
            known[rng.randrange(RECENT)] = (question, a + b)
        yield question, a + b, "new"


def near(n: int) -> None:
    """Time signatures and search; print how many of the planted rows were found."""
    cleaning = Cleaning()
    questions, _, kinds = zip(*rows(n), strict=True)
    begin = time.perf_counter()
    parts = [
        sketch(
            list(questions[i : i + BATCH]), HashedWords.of(list(questions[i : i + BATCH])), cleaning
        )
        for i in range(0, n, BATCH)
    ]
    signatures = np.concatenate([part.signatures for part in parts])
    bands = np.concatenate([part.bands for part in parts])
    del parts
    sketched = time.perf_counter()
    twins = find_near_duplicates(
        n,
        lambda band: np.ascontiguousarray(bands[:, band]),
        lambda chosen: signatures[chosen],
        np.zeros(n, dtype=np.uint64),
        np.ones(n, dtype=bool),
        cleaning,
    )
    searched = time.perf_counter()
    planted = np.array([kind != "new" for kind in kinds])
    found = twins >= 0
    print(
        f"{n:>9,} rows: signatures {sketched - begin:6.1f} s, search {searched - sketched:5.2f} s, "
        f"planted {planted.sum():,}, found {(found & planted).sum():,}, "
        f"others found {(found & ~planted).sum():,}",
        flush=True,
    )


def build(n: int, workers: int) -> None:
    """Run a whole build in a process of its own and watch its memory."""
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "rows.jsonl"
        with source.open("w", encoding="utf-8") as file:
            for question, gold, _ in rows(n):
                row = {"question": question, "answer": gold, "rationale": f"It is {gold} in all."}
                file.write(json.dumps(row) + "\n")
        out = Path(name) / "out"
        command = [sys.executable, "-m", "reasoning_data.cli", "build", str(source), "-o", str(out)]
        begin = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--json", "--workers", str(workers)], stdout=subprocess.PIPE, text=True
        )
        private = resident = 0
        while process.poll() is None:
            found = [_memory(pid) for pid in _family(process.pid)]
            private = max(private, sum(a for a, _ in found))
            resident = max(resident, sum(r for _, r in found))
            time.sleep(0.2)
        seconds = time.perf_counter() - begin
        assert process.stdout is not None
        manifest = json.loads(process.stdout.read())
        print(
            f"{n:>9,} rows ({source.stat().st_size / 2**20:,.0f} MiB), {workers} process(es): "
            f"{seconds:.0f} s, private {private / 2**20:.2f} GiB, resident "
            f"{resident / 2**20:.2f} GiB, splits {manifest['splits']}, "
            f"rejected {manifest['rejected']}",
            flush=True,
        )


def _family(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:  # The thread ended between the listing and the reading.
            continue
        found += [member for child in children for member in _family(int(child))]
    return found


def _memory(pid: int) -> tuple[int, int]:
    """Private and resident memory in KiB; zero for a process that has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0, 0
    values = dict(line.split(":", 1) for line in lines)
    private, resident = (values.get(key, "0 kB").split()[0] for key in ("RssAnon", "VmRSS"))
    return int(private), int(resident)


def main() -> None:
    """Run the benchmark named on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["near", "build"])
    parser.add_argument("rows", type=int, nargs="+")
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    for n in arguments.rows:
        near(n) if arguments.what == "near" else build(n, arguments.workers)


if __name__ == "__main__":
    main()
