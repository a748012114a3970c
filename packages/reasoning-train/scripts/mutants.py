"""Put known faults into a copy of the source, one at a time: the tests named for each must fail.

    python packages/reasoning-train/scripts/mutants.py [WORD ...]

With words, only the mutants that have one of them in their name. Exit 1 if one survives.
"""

import os
import shutil
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

PACKAGE = Path(__file__).parents[1]
MODULE = "reasoning_train"
FAILED = 1
"""pytest's exit code where tests ran and some failed."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: a text that stands once in a file, what replaces it, and who must notice."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def put_into(self, source: Path) -> None:
        """Change the file in the folder of packages `source`.

        Raises:
            ValueError: The text does not stand there once.
        """
        path = source / MODULE / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: {self.old!r} stands {text.count(self.old)} times")
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


def read_mutants() -> list[Mutant]:
    """The mutants of the file beside this one."""
    found = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["mutant"]
    return [Mutant(**{**values, "tests": tuple(values["tests"])}) for values in found]


def run_tests(source: Path, tests: list[str]) -> int:
    """The exit code of these tests with the package of this folder in place of the installed."""
    command = ["-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", *tests]
    result = subprocess.run(
        [sys.executable, *command],
        cwd=PACKAGE,
        env={**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return result.returncode


def main(words: list[str]) -> int:
    """Try the mutants; the number of those that no test noticed, 1 if any."""
    mutants = [m for m in read_mutants() if not words or any(word in m.name for word in words)]
    survivors = []
    with TemporaryDirectory() as folder:
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", f"{folder}/cache")
        source = Path(folder) / "src"
        shutil.copytree(PACKAGE / "src", source)
        tests = sorted({test for mutant in mutants for test in mutant.tests})
        if run_tests(source, tests):
            raise SystemExit("the tests fail without a mutant; nothing can be learned from them")
        for mutant in mutants:
            begun = time.monotonic()
            shutil.rmtree(source)
            shutil.copytree(PACKAGE / "src", source)
            mutant.put_into(source)
            killed = run_tests(source, list(mutant.tests)) == FAILED
            survivors += [] if killed else [mutant.name]
            verdict = "killed  " if killed else "SURVIVED"
            print(f"{verdict} {time.monotonic() - begun:5.0f} s  {mutant.name}", flush=True)
    print(f"{len(mutants) - len(survivors)} of {len(mutants)} mutants killed")
    return int(bool(survivors))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
