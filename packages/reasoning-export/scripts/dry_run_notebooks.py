"""Run the notebooks from top to bottom as Kaggle does, on this machine, with the tiny model.

    reasoning-export kernel KERNELS --owner someone --cpu
    python -m venv image && image/bin/pip install -r kaggle_image.txt
    image/bin/python dry_run_notebooks.py KERNELS SCRATCH

The environment must not hold our packages: the notebooks install them from the data set of wheels.
Inputs are copied to where Kaggle mounts them, once as it did before 2026 and once as it does since,
and made read-only. The last notebook runs a second time on its own output, as in a new session. In
SCRATCH are the notebooks as executed, with their pictures, and what each left in its folder.
REASONING_SETTINGS="--sft.steps 10 --grpo.steps 3 --data.eval-problems 100" makes it short.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Mapping
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbclient import NotebookClient

KINDS = {"dataset_sources": "datasets", "kernel_sources": "notebooks"}


def main(kernels: Path, scratch: Path) -> None:
    """Run every kernel folder in order, the last one twice."""
    for module in ("reasoning_train", "reasoning_export"):
        if find_spec(module):
            sys.exit(f"{module} is installed here already; use an environment without our packages")
    before = _jax_versions()
    outputs: dict[str, Path] = {}
    dataset = json.loads((kernels / "wheels" / "dataset-metadata.json").read_text())
    outputs[dataset["id"]] = kernels / "wheels"
    folders = sorted(path.parent for path in kernels.glob("*/kernel-metadata.json"))
    for number, folder in enumerate([*folders, folders[-1]], start=1):
        metadata = json.loads((folder / "kernel-metadata.json").read_text())
        session = scratch / f"session-{number}"
        if metadata["id"] in outputs:
            metadata["kernel_sources"].append(metadata["id"])
        mount(metadata, outputs, session / "input", owners=number > 1)
        execute(folder / metadata["code_file"], session)
        outputs[metadata["id"]] = session / "working"
    if _jax_versions() != before:
        sys.exit(f"a notebook changed JAX: {before} became {_jax_versions()}")
    exports = sorted(scratch.glob("session-*/working/exports/**/export.json"))
    print(f"{len(exports)} exports; JAX is as it was: {before}")


def mount(
    metadata: Mapping[str, list[str]], outputs: Mapping[str, Path], inputs: Path, *, owners: bool
) -> None:
    """Copy a kernel's sources to `inputs/<slug>`, or to `inputs/<kind>/<owner>/<slug>`."""
    for key, kind in KINDS.items():
        for source in metadata[key]:
            place = inputs / kind / source if owners else inputs / source.split("/")[1]
            shutil.copytree(
                outputs[source], place, ignore=shutil.ignore_patterns("dataset-metadata.json")
            )
    for path in inputs.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)


def execute(notebook: Path, session: Path) -> None:
    """Run a notebook and keep it with its outputs, also when a cell fails."""
    working = session / "working"
    working.mkdir(parents=True)
    os.environ |= {"REASONING_INPUT": str(session / "input"), "REASONING_WORKING": str(working)}
    started = time.monotonic()
    node = nbformat.read(notebook, as_version=4)
    nbformat.validate(node)
    try:
        client = NotebookClient(node, timeout=None, resources={"metadata": {"path": str(working)}})
        client.execute()
    finally:
        nbformat.write(node, session / notebook.name)
    print(f"{session.name}: {notebook.name} in {time.monotonic() - started:.0f} s", flush=True)


def _jax_versions() -> dict[str, str]:
    return {d.name: d.version for d in distributions() if d.name in ("jax", "jaxlib", "libtpu")}


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute())
