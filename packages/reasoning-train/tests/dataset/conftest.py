"""Files of problems of one's own."""

import csv
import random
from collections.abc import Callable
from pathlib import Path

import pytest

WriteRows = Callable[..., Path]


@pytest.fixture
def write_rows(tmp_path: Path) -> WriteRows:
    """Write a CSV file with `q`, `a` and `work`; some rows may lack the worked solution."""

    def write(name: str, count: int, *, seed: int = 0, worked: float = 1.0) -> Path:
        rng = random.Random(seed)
        path = tmp_path / name
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["q", "a", "work"])
            for _ in range(count):
                a, b = rng.randint(10, 999), rng.randint(10, 999)
                work = f"{a}+{b}={a + b} pens." if rng.random() < worked else ""
                rows.writerow([f"Ann has {a} pens and buys {b} more. How many?", a + b, work])
        return path

    return write
