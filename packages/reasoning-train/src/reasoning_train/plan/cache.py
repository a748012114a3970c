"""Keep what the compiler said, by content: the same question is not asked twice."""

import hashlib
import json
import os
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

from reasoning_train import engine
from reasoning_train.config import engine_settings
from reasoning_train.plan import hlo, workload
from reasoning_train.plan.compiler import FunctionReport

VERSIONED = ("jax", "jaxlib", "libtpu", "google-tunix", "flax", "qwix", "optax")
IRRELEVANT = frozenset({"checkpoint.py", "progress_bar.py", "trainer_metrics.py"})
"""Modules of the engine that no compiled function is made of."""


def versions() -> dict[str, str]:
    """Versions of what a compiled program depends on; those that are not installed left out."""
    found = {}
    for name in VERSIONED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


class ReportCache:
    """Reports on disk, one JSON file a key.

    Args:
        folder: Where; by default the user's cache folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        self.folder = folder or Path(base) / "reasoning-train" / "plans"

    def get(self, key: str) -> FunctionReport | None:
        path = self.folder / f"{key}.json"
        if not path.is_file():
            return None
        return FunctionReport.from_dict(json.loads(path.read_text()))

    def put(self, key: str, report: FunctionReport) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        beside = self.folder / f".{key}.{os.getpid()}"
        beside.write_text(json.dumps(report.as_dict()))
        beside.replace(self.folder / f"{key}.json")


def key_of_inputs(name: str, topology: str, inputs: Mapping[str, Any]) -> str:
    """Key of a function that was not traced yet: everything that decides what it will be."""
    return _digest({"name": name, "topology": topology, "inputs": inputs, "code": _code(),
                    "reader": _reader(), "versions": versions()})  # fmt: skip


def key_of_program(text: str, topology: str, open_trips: int, beside: int) -> str:
    """Key of a traced function: its program.

    A change of our code that leaves the program as it was costs a tracing, not a compilation.
    """
    return _digest({"program": text, "topology": topology, "open_trips": open_trips,
                    "beside": beside, "reader": _reader(), "versions": versions()})  # fmt: skip


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


@lru_cache(maxsize=1)
def _code() -> str:
    """Digest of the modules that functions are made of."""
    found = [p for p in _folder(engine).rglob("*.py") if p.name not in IRRELEVANT]
    return _digest_of([*found, Path(str(engine_settings.__file__)), Path(str(workload.__file__))])


@lru_cache(maxsize=1)
def _reader() -> str:
    """Digest of the modules that read a compiled program."""
    return _digest_of(list(_folder(hlo).glob("*.py")))


def _folder(package: ModuleType) -> Path:
    return Path(str(package.__file__)).parent


def _digest_of(paths: list[Path]) -> str:
    return hashlib.sha256(b"\0".join(p.read_bytes() for p in sorted(paths))).hexdigest()
