"""What the documentation points at is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "packages/reasoning-train"
NAMED = re.compile(r"`(?P<file>[\w/]*\.py)?::(?P<test>\w+)`")


def functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_trap_of_tunix_names_tests_that_are_there() -> None:
    rows = [
        line.strip("| ").split(" | ")
        for line in (ROOT / "docs/tunix.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.startswith("| trap |")
    ]
    assert len(rows) > 25
    missing = []
    for trap, *_, tests in rows:
        named = list(NAMED.finditer(tests))
        if not named or tests.count(".py") != sum(bool(match["file"]) for match in named):
            missing.append(f"{trap}: names no test")
        file = PACKAGE
        for match in named:
            if match["file"]:
                beside = "" if match["file"].startswith("tests/") else "tests/engine/"
                file = PACKAGE / f"{beside}{match['file']}"
            if not file.is_file() or match["test"] not in functions(file):
                missing.append(f"{trap}: {file.name}::{match['test']}")
    assert not missing
