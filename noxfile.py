"""`uv run nox` checks everything; `uv run nox -l` lists the sessions."""

import os
import re
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

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

EXTRAS = {
    "reasoning-rewards": "[judge,parquet]",
    "reasoning-export": "[gguf,hub,kaggle]",
    "reasoning-train": "[judge,plan,wandb]",
}
"""Extras of a package that its tests need: without them some would be skipped."""

PROCESSES = {
    "reasoning-rewards": ("-n", "2"),
    "reasoning-train": ("-n", "2", "--dist", "loadfile"),
}
"""Thousands of tests, or programs to compile, on one core each."""

ENVIRONMENT = {
    # With libtpu installed and no TPU there, JAX would look for one and say so.
    "JAX_PLATFORMS": "cpu",
    "TPU_SKIP_MDS_QUERY": "1",
    # nox's own folder for temporary files lies in this repository: git and uv would find it.
    "TMPDIR": gettempdir(),
}

TEST_TOOLS = [
    "pytest",
    "pytest-xdist",
    "hypothesis",
    "gguf",
    "jinja2",
    "orbax-checkpoint",
    "statsmodels",
]


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
    _test_wheel(session, package, *session.posargs)


def _test_wheel(session: nox.Session, package: str, *arguments: str) -> None:
    dist = Path(session.create_tmp()) / "dist"
    for old in dist.glob("*.whl"):
        old.unlink()
    for name in [package, *SIBLINGS[package]]:
        session.run(
            "uv", "build", "-q", "--wheel", "--no-sources", "--package", name,
            "--out-dir", str(dist), external=True,
        )  # fmt: skip
    constraints = _constraints(session, dist)
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
    workers = PROCESSES.get(package, ())
    with TemporaryDirectory() as cache:  # many tests compile the same programs
        env = ENVIRONMENT | {"JAX_COMPILATION_CACHE_DIR": cache}
        session.run("pytest", f"packages/{package}/tests", *workers, *arguments, env=env)


@nox.session
@nox.parametrize("package", [nox.param(name, id=name) for name in SIBLINGS])
def release(session: nox.Session, package: str) -> None:
    """Optional: version, changelog, tests, distributions, commit and tag: -- X.Y.Z."""
    if len(session.posargs) != 1 or not re.fullmatch(r"\d+\.\d+\.\d+", session.posargs[0]):
        session.error('say which version: nox -s "release(reasoning-rewards)" -- 0.2.0')
    version, tag = session.posargs[0], f"{package}-v{session.posargs[0]}"
    if session.run("git", "status", "--porcelain", external=True, silent=True):
        session.error("commit your changes first: the tag must hold what was tested")
    changelog = ROOT / "packages" / package / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8")
    heading = re.compile(r"^## \S+ \(unreleased\)$", re.MULTILINE)
    if not heading.search(text):
        session.error(f"{changelog}: no heading '## X.Y.Z (unreleased)' with what has changed")
    dated = f"## {version} ({datetime.now(UTC):%Y-%m-%d})"
    changelog.write_text(heading.sub(dated, text, count=1), encoding="utf-8")
    session.run("uv", "version", "--package", package, "--no-sync", version, external=True)
    _test_wheel(session, package)
    dist = Path(session.create_tmp()) / "release"
    shutil.rmtree(dist, ignore_errors=True)
    session.run(
        "uv", "build", "--no-sources", "--package", package, "--out-dir", str(dist), external=True
    )
    session.install("twine")
    session.run("twine", "check", "--strict", *map(str, dist.glob("reasoning_*")))
    session.run("git", "commit", "-qam", f"{package} {version}", external=True)
    session.run("git", "tag", tag, external=True)
    session.log(f"git push --follow-tags origin {tag} publishes it")


def _constraints(session: nox.Session, folder: Path) -> Path:
    """The lock's third-party versions as a file for pip."""
    constraints = folder / "constraints.txt"
    session.run(
        "uv", "export", "-q", "--frozen", "--all-packages", "--all-groups", "--all-extras",
        "--no-emit-workspace", "--no-hashes", "--no-annotate", "-o", str(constraints),
        external=True,
    )  # fmt: skip
    return constraints


@nox.session
def math(session: nox.Session) -> None:
    """Optional: the tests of reasoning-rewards with its extra `math` (Math-Verify)."""
    session.install("./packages/reasoning-rewards[math]", *TEST_TOOLS)
    session.run(
        "pytest", "packages/reasoning-rewards/tests/symbolic/test_judge.py", *session.posargs
    )


@nox.session(venv_backend="none")
def integration(session: nox.Session) -> None:
    """The pipeline from end to end on the tiny model, and the import arrows."""
    with TemporaryDirectory() as cache:  # the same programs are compiled again and again
        session.run(
            "pytest", "tests", "-n", "2", "--dist", "loadfile", "--durations=5", *session.posargs,
            env={"JAX_COMPILATION_CACHE_DIR": cache},
        )  # fmt: skip


@nox.session(venv_backend="none")
def examples(session: nox.Session) -> None:
    """Every script in examples/ runs."""
    for script in sorted((ROOT / "examples").glob("*.py")):
        session.run("python", str(script))


@nox.session
def docs(session: nox.Session) -> None:
    """Optional: the documentation site into site/, and every snippet of its pages; -- fast."""
    constraints = _constraints(session, Path(session.create_tmp()))
    session.install(
        "-c", str(constraints), *(f"./packages/{name}" for name in SIBLINGS),
        "./packages/reasoning-export[gguf]",
        "mkdocs-material", "mkdocstrings[python]", "ruff", "pytest",
    )  # fmt: skip
    session.run("mkdocs", "build", "--strict", env=ENVIRONMENT | {"NO_MKDOCS_2_WARNING": "1"})
    # The tutorial trains the tiny model, which takes minutes.
    slow = {} if "fast" in session.posargs else {"REASONING_SLOW_SNIPPETS": "1"}
    session.run("pytest", "tests/test_documentation.py", env=ENVIRONMENT | slow)


@nox.session
def browser(session: nox.Session) -> None:
    """Optional: the report's page in headless Chromium (Debian: `apt-get install chromium`)."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        session.error("needs Chromium: apt-get install chromium")
    session.install(*(f"./packages/{name}" for name in SIBLINGS), "playwright>=1.50", *TEST_TOOLS)
    tests = "packages/reasoning-train/tests/report/test_in_chromium.py"
    session.run("pytest", tests, *session.posargs, env={"REASONING_CHROMIUM": chromium})


@nox.session
def notebooks(session: nox.Session) -> None:
    """Optional: the notebooks as Kaggle runs them, with the tiny model."""
    scripts, tmp = "packages/reasoning-export/scripts", Path(session.create_tmp())
    for name in ("kernels", "sessions"):
        shutil.rmtree(tmp / name, ignore_errors=True)
    session.run(
        "uv", "run", "reasoning-export", "kernel", str(tmp / "kernels"), "--owner", "someone",
        "--cpu", external=True,
        # Else uv would install the project into this session, which must be like Kaggle's image.
        env={"UV_PROJECT_ENVIRONMENT": str(ROOT / ".venv")},
    )  # fmt: skip
    session.install("-c", str(_constraints(session, tmp)), "-r", f"{scripts}/kaggle_image.txt")
    session.run(
        "python", f"{scripts}/dry_run_notebooks.py", str(tmp / "kernels"), str(tmp / "sessions"),
        env={"REASONING_SETTINGS": " ".join(session.posargs)},
    )  # fmt: skip


@nox.session(name="parity-train", venv_backend="venv")
def parity_train(session: nox.Session) -> None:
    """Optional: our Gemmas against transformers' on torch, logits and log-probabilities."""
    members = [f"./packages/{name}" for name in SIBLINGS if name != "reasoning-train"]
    session.install(
        *members, "./packages/reasoning-train[gemma3-270m]",
        "torch==2.13.0", "transformers==5.12.1", "peft", "pytest",
    )  # fmt: skip
    session.run("pytest", "packages/reasoning-train/parity", *session.posargs)


@nox.session(venv_backend="venv")
def interop(session: nox.Session) -> None:
    """Optional: the rewards in TRL, Tunix and inspect_ai, a build's files in TRL's SFT, the gym."""
    session.install(
        "./packages/reasoning-rewards", "./packages/reasoning-data[gym]", "torch==2.13.0",
        "transformers==5.12.1", "trl==1.16.0", "accelerate", "google-tunix==0.1.7", "inspect-ai",
        "pytest", "hypothesis",
    )  # fmt: skip
    tests = ("packages/reasoning-rewards/interop", "packages/reasoning-data/tests/sources")
    session.run("pytest", *tests, *session.posargs, env=ENVIRONMENT)
    session.run("python", "packages/reasoning-data/interop/check_trl.py", env=ENVIRONMENT)


@nox.session(name="parity-export", venv_backend="venv")
def parity_export(session: nox.Session) -> None:
    """Optional: exports in transformers, peft, Tunix and llama.cpp (needs npm)."""
    session.install(
        "torch==2.13.0", "transformers", "peft", "safetensors", "sentencepiece",
        "google-tunix==0.1.7", "pytest", "-e", "packages/reasoning-export[gguf]",
    )  # fmt: skip
    node = Path(session.create_tmp()) / "node"
    node.mkdir(exist_ok=True)
    session.run("npm", "install", "--prefix", str(node), "node-llama-cpp", external=True)
    session.run(
        "pytest", "-s", "-W", "default", "packages/reasoning-export/parity", *session.posargs,
        env={"REASONING_NODE_LLAMA": str(node.absolute())},
    )  # fmt: skip


@nox.session(venv_backend="venv")
def serve(session: nox.Session) -> None:
    """Optional: a run's exports served by transformers and llama.cpp, its texts asked: -- RUN."""
    if not session.posargs:
        session.error("say which run of reasoning-train: nox -s serve -- runs/tiny-1")
    session.install(
        "torch==2.13.0", "transformers[serving]==5.12.1", "llama-cpp-python[server]", "openai",
        "./packages/reasoning-export[gguf]",
    )  # fmt: skip
    session.run("python", "packages/reasoning-export/benchmarks/served_texts.py", *session.posargs)


@nox.session(venv_backend="venv")
def judge(session: nox.Session) -> None:
    """Optional: a judge that asks a real server, `transformers serve` on Gemma 3 270M."""
    session.install(
        "torch==2.13.0", "transformers[serving]==5.12.1", "./packages/reasoning-rewards[judge]",
        "./packages/reasoning-export", "./packages/reasoning-data",
        "./packages/reasoning-train[gemma3-270m]",
    )  # fmt: skip
    session.run(
        "python", "packages/reasoning-train/benchmarks/served_judge.py", *session.posargs,
        env=ENVIRONMENT,
    )  # fmt: skip


@nox.session(venv_backend="venv")
def harness(session: nox.Session) -> None:
    """Optional: a run's export in lm-evaluation-harness, row by row against ours: -- RUN.

    REASONING_GSM8K names a file of GSM8K's form; without it the run's held-out problems are taken.
    REASONING_LIMIT is how many problems.
    """
    if len(session.posargs) != 1:
        session.error("say which run of reasoning-train: nox -s harness -- runs/tiny-1")
    run, tmp = Path(session.posargs[0]).resolve(), Path(session.create_tmp()).resolve()
    session.install(
        "torch==2.13.0", "transformers==5.12.1", "lm_eval[hf]==0.4.13",
        *(f"./packages/{name}" for name in SIBLINGS),
    )  # fmt: skip
    for old in ("build", "ours", "export"):
        shutil.rmtree(tmp / old, ignore_errors=True)
    limit = os.environ.get("REASONING_LIMIT", "200")
    data = run / "data"
    if problems := os.environ.get("REASONING_GSM8K"):
        data = tmp / "build"
        session.run(
            "reasoning-data", "build", f"gsm8k:{problems}", "--fractions", "eval=1",
            "-o", str(data), env=ENVIRONMENT,
        )  # fmt: skip
    session.run(
        "reasoning-train", "evaluate", str(run), "--data", str(data), "--limit", limit,
        "--output", str(tmp / "ours"), "--name", "ours", env=ENVIRONMENT,
    )  # fmt: skip
    session.run("reasoning-export", "safetensors", str(run), str(tmp / "export"))
    session.run(
        "python", "packages/reasoning-train/benchmarks/lm_eval_rows.py",
        str(tmp / "export"), str(tmp / "ours" / "ours.predictions.jsonl"),
    )  # fmt: skip


@nox.session
def plans(session: nox.Session) -> None:
    """Optional, an hour: the Kaggle presets compiled for a TPU v5e-8 again, into docs/plans."""
    members = [f"./packages/{name}" for name in SIBLINGS if name != "reasoning-train"]
    constraints = _constraints(session, Path(session.create_tmp()))
    session.install("-c", str(constraints), *members, "./packages/reasoning-train[plan]")
    for preset in ("kaggle-gemma3-1b", "kaggle-gemma2-2b"):
        for suffix, options in ((".txt", ()), (".json", ("--json",))):
            with (ROOT / "docs" / "plans" / f"{preset}{suffix}").open("w") as file:
                session.run(
                    "reasoning-train", "plan", "--preset", preset, *options,
                    stdout=file, stderr=sys.stderr, env=ENVIRONMENT | {"COLUMNS": "100"},
                )  # fmt: skip


@nox.session(venv_backend="none")
def mutants(session: nox.Session) -> None:
    """Optional, 20 minutes: each known fault, put in, is noticed by a test."""
    script = "packages/reasoning-train/scripts/mutants.py"
    session.run("python", script, *session.posargs, env=ENVIRONMENT)


@nox.session(venv_backend="none")
def survival(session: nox.Session) -> None:
    """Optional: a run killed 20 times at random moments ends with the same numbers."""
    session.run(
        "pytest", "tests/test_pipeline.py", "-k", "killed", *session.posargs,
        env={"REASONING_KILLS": "20"},
    )  # fmt: skip
    # With micro-batches, redraws, a KL and checkpoints that are updates apart.
    session.run("python", "packages/reasoning-train/benchmarks/kills.py", "--kills", "20")
