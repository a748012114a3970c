"""The house's import arrows: rewards ← data ← train → export, and rewards ← train."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parent.parent / "packages"
ALLOWED = {
    "reasoning_rewards": set(),
    "reasoning_data": {"reasoning_rewards"},
    "reasoning_train": {"reasoning_rewards", "reasoning_data", "reasoning_export"},
    "reasoning_export": set(),
}
BOTH_WAYS = {
    # An export is verified before it appears, and verifying reads each format as it was written.
    "reasoning_export": {("formats", "verification"), ("kaggle", "verification")},
}
ENGINE_ONLY = {"tunix", "qwix", "flax"}


def imported_roots(source: str) -> set[str]:
    """Top-level names that a module imports, anywhere in it."""
    roots = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            roots.add(node.module.split(".")[0])
    return roots


def forbidden(module: str, in_engine: bool, source: str) -> set[str]:
    """What a module of the package `module` imports against the arrows."""
    roots = imported_roots(source)
    siblings = roots & ALLOWED.keys() - {module} - ALLOWED[module]
    heavy = set() if module == "reasoning_train" and in_engine else roots & ENGINE_ONLY
    return siblings | heavy


def modules() -> Iterator[tuple[str, Path]]:
    for name in ALLOWED:
        yield from ((name, p) for p in (PACKAGES / name.replace("_", "-") / "src").rglob("*.py"))


@pytest.mark.parametrize(("module", "path"), list(modules()), ids=lambda x: getattr(x, "stem", x))
def test_module_keeps_the_arrows(module: str, path: Path) -> None:
    assert not forbidden(module, "engine" in path.parts, path.read_text(encoding="utf-8"))


def test_every_package_is_looked_at() -> None:
    assert {name for name, _ in modules()} == set(ALLOWED)


@pytest.mark.parametrize(
    ("module", "in_engine", "source", "found"),
    [
        ("reasoning_rewards", False, "import reasoning_data", {"reasoning_data"}),
        ("reasoning_data", False, "from reasoning_train.x import y", {"reasoning_train"}),
        ("reasoning_export", False, "def f():\n    import reasoning_train", {"reasoning_train"}),
        ("reasoning_train", False, "from tunix.rl import common", {"tunix"}),
        ("reasoning_train", True, "from tunix.rl import common", set()),
        ("reasoning_export", True, "import flax", {"flax"}),
        ("reasoning_train", False, "import reasoning_export", set()),
    ],
)
def test_a_wrong_import_is_found(
    module: str, in_engine: bool, source: str, found: set[str]
) -> None:
    assert forbidden(module, in_engine, source) == found


def room_of(path: Path, package: Path) -> str:
    """The folder of a package that a module lies in; its own name for a module in the root."""
    first = path.relative_to(package).parts[0]
    return first.removesuffix(".py")


def rooms_that_import_each_other(package: Path) -> set[tuple[str, str]]:
    """Pairs of a package's rooms with imports in both directions, each pair in sorted order."""
    prefix = f"{package.name}."
    arrows = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(prefix):
                arrows.add((room_of(path, package), str(node.module).split(".")[1]))
    return {(a, b) for a, b in arrows if a < b and (b, a) in arrows}


@pytest.mark.parametrize("module", ALLOWED)
def test_imports_between_two_rooms_go_one_way(module: str) -> None:
    package = PACKAGES / module.replace("_", "-") / "src" / module
    assert rooms_that_import_each_other(package) == BOTH_WAYS.get(module, set())


def test_rooms_that_import_each_other_are_found(tmp_path: Path) -> None:
    package = tmp_path / "house"
    (package / "hall").mkdir(parents=True)
    (package / "hall" / "a.py").write_text("from house.attic import b\n")
    (package / "attic.py").write_text("def f():\n    from house.hall.a import c\n")
    assert rooms_that_import_each_other(package) == {("attic", "hall")}
