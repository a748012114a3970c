"""`uv run nox` checks everything; `uv run nox -l` lists the sessions."""

from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv"
nox.options.error_on_missing_interpreters = True
nox.options.sessions = ["lint", "tests", "integration", "examples"]

ROOT = Path(__file__).parent

SIBLINGS = {
    "reasoning-rewards": [],
    "reasoning-data": ["reasoning-rewards"],
    "reasoning-export": [],
    "reasoning-train": ["reasoning-rewards", "reasoning-data", "reasoning-export"],
}
"""Each package with the workspace packages that its wheel needs."""

EXTRAS = {"reasoning-export": "[gguf,kaggle]", "reasoning-train": "[plan]"}
"""Extras of a package that its tests need: without them some would be skipped."""

TEST_TOOLS = ["pytest", "hypothesis", "gguf", "statsmodels"]


@nox.session(venv_backend="none")
def lint(session: nox.Session) -> None:
    """Format, lint, types, and a lock file that fits the project."""
    session.run("uv", "lock", "--check", external=True)
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    for package in SIBLINGS:
        session.run("mypy", f"packages/{package}/src")


@nox.session
@nox.parametrize("package", [nox.param(name, id=name) for name in SIBLINGS])
def tests(session: nox.Session, package: str) -> None:
    """A package's tests against its built wheel, with nothing else of this workspace around.

    A workspace source ignores version ranges between siblings; only installing wheels shows a
    broken one.
    """
    dist = Path(session.create_tmp()) / "dist"
    for old in dist.glob("*.whl"):
        old.unlink()
    for name in [package, *SIBLINGS[package]]:
        session.run(
            "uv", "build", "-q", "--wheel", "--no-sources", "--package", name,
            "--out-dir", str(dist), external=True,
        )  # fmt: skip
    constraints = dist / "constraints.txt"
    session.run(
        "uv", "export", "-q", "--frozen", "--all-packages", "--all-groups", "--all-extras",
        "--no-emit-workspace", "--no-hashes", "--no-annotate", "-o", str(constraints),
        external=True,
    )  # fmt: skip
    module = package.replace("-", "_")
    tested = next(dist.glob(f"{module}-*.whl"))
    others = [str(wheel) for wheel in dist.glob("*.whl") if wheel != tested]
    session.install(
        "-c", str(constraints), f"{tested}{EXTRAS.get(package, '')}", *others, *TEST_TOOLS
    )
    session.run(
        "python", "-c",
        f"import {module}, sys; sys.exit('site-packages' not in {module}.__file__)",
    )  # fmt: skip
    session.run("pytest", f"packages/{package}/tests", *session.posargs)


@nox.session
def math(session: nox.Session) -> None:
    """Optional: the tests of reasoning-rewards with its extra `math` (Math-Verify)."""
    session.install("./packages/reasoning-rewards[math]", *TEST_TOOLS)
    session.run("pytest", "packages/reasoning-rewards/tests/test_symbolic.py", *session.posargs)


@nox.session(venv_backend="none")
def integration(session: nox.Session) -> None:
    """The pipeline from end to end on the tiny model, and the import arrows."""
    session.run("pytest", "tests", *session.posargs)


@nox.session(venv_backend="none")
def examples(session: nox.Session) -> None:
    """Every script in examples/ runs."""
    for script in sorted((ROOT / "examples").glob("*.py")):
        session.run("python", str(script))
