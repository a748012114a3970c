"""Builds folders of wheels and notebooks to push to Kaggle.

    OUT/wheels/               dataset-metadata.json, a wheel of each package, wheels.json
    OUT/01_data/              kernel-metadata.json, 01_data.ipynb
    OUT/02_sft_training/      the same for SFT
    OUT/03_rl_grpo_training/  the same for GRPO

The notebooks are copied as they are: what is attached to them decides what they do.
"""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reasoning_export.errors import ExportError
from reasoning_export.files import read_json, staged, write_json
from reasoning_export.kaggle.kernel_metadata import (
    BASE_MODEL,
    DATASET_FILE,
    KERNEL_FILE,
    TPU,
    Kernel,
    WheelsDataset,
)
from reasoning_export.kaggle.wheels import build_wheels, check_wheels, collect_wheels

NOTEBOOKS = {
    "01_data": "Reasoning 01 data",
    "02_sft_training": "Reasoning 02 SFT training",
    "03_rl_grpo_training": "Reasoning 03 GRPO training",
}
"""Title on Kaggle by the notebook's name; each reads the output of those before it."""
NO_TPU = {"01_data"}
"""Notebooks that would only waste a TPU's quota."""
WHEELS, WHEELS_TITLE = "wheels", "Reasoning wheels"
SESSION_SECONDS = 9 * 3600
"""What Kaggle gives one session on a TPU."""


@dataclass(frozen=True, slots=True)
class KernelWishes:
    """Options for the notebooks.

    Attributes:
        owner: Name on Kaggle.
        base_model: The base model, `owner/model/framework/variation/version`.
        datasets: Further data sets to read, such as one that holds GSM8K.
        cpu: A dry run: the tiny model on a CPU, no base model attached.
    """

    owner: str
    base_model: str = BASE_MODEL
    datasets: tuple[str, ...] = ()
    cpu: bool = False


@dataclass(frozen=True, slots=True)
class KernelFolder:
    """The result of building or checking a folder of notebooks.

    Attributes:
        checks: What was found right: one line a check.
        steps: Commands that send it to Kaggle, in order.
        warnings: What is allowed and still surprises people.
    """

    checks: tuple[str, ...]
    steps: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def build_kernels(
    out: Path, repository: Path, wishes: KernelWishes, wheels: Path | None = None
) -> KernelFolder:
    """Build the wheels of a checkout and arrange them and its notebooks for Kaggle.

    Args:
        out: A new or empty folder.
        repository: A checkout with `packages/` and `notebooks/`.
        wishes: Where to, and what the notebooks read.
        wheels: Folder of wheels that are built already; None builds them, with `uv build`.

    Raises:
        ExportError: Something is missing, or Kaggle would refuse it; nothing is left behind.
    """
    dataset = WheelsDataset(wishes.owner, WHEELS_TITLE)
    kernels = make_kernels(wishes, dataset)
    sources = {
        name: repository / "notebooks" / kernel.code_file for name, kernel in kernels.items()
    }
    for source in sources.values():
        if not source.is_file():
            raise ExportError(f"{str(source)!r} is missing; name the checkout with --repository")
    with staged(out) as folder:
        with tempfile.TemporaryDirectory() as built:
            source = wheels or build_wheels(repository, Path(built))
            clean = collect_wheels(folder / WHEELS, source, repository)
        write_json(folder / WHEELS / DATASET_FILE, dataset.metadata())
        for name, kernel in kernels.items():
            (folder / name).mkdir()
            shutil.copyfile(sources[name], folder / name / kernel.code_file)
            write_json(folder / name / KERNEL_FILE, kernel.metadata())
        checks = check_kernels(folder).checks
    warnings = () if clean else (f"no commit has all that is in {str(repository)!r}",)
    return KernelFolder(checks, _steps(out, kernels), warnings)


def make_kernels(wishes: KernelWishes, dataset: WheelsDataset) -> dict[str, Kernel]:
    """The notebooks' metadata, by folder; a dry run uses separate names on Kaggle.

    Raises:
        ExportError: Kaggle would refuse a name.
    """
    kernels: dict[str, Kernel] = {}
    for name, title in NOTEBOOKS.items():
        kernels[name] = Kernel(
            owner=wishes.owner,
            title=f"{title} CPU" if wishes.cpu else title,
            code_file=f"{name}.ipynb",
            tpu=not wishes.cpu and name not in NO_TPU,
            datasets=(dataset.id, *wishes.datasets),
            kernels=tuple(kernel.id for kernel in kernels.values()),
            models=() if wishes.cpu else (wishes.base_model,),
        )
    return kernels


def is_kernel_folder(out: Path) -> bool:
    """Whether a folder was made by `build_kernels`."""
    return (out / WHEELS / DATASET_FILE).is_file()


def check_kernels(out: Path) -> KernelFolder:
    """Check a folder made by `build_kernels`, whose files may have been edited.

    Raises:
        ExportError: With the first thing that Kaggle would refuse or that does not fit.
    """
    dataset = WheelsDataset.read(read_json(out / WHEELS / DATASET_FILE, "Kaggle's data set"))
    checks = [f"{dataset.id}: {check_wheels(out / WHEELS, beside=DATASET_FILE)}"]
    kernels: dict[str, Kernel] = {}
    for name in NOTEBOOKS:
        kernel = Kernel.read(read_json(out / name / KERNEL_FILE, "Kaggle's notebook"))
        check_notebook(out / name / kernel.code_file)
        if dataset.id not in kernel.datasets:
            raise ExportError(f"{name}: the wheels {dataset.id!r} are not among its data sets")
        kernels[name] = kernel
        machine = f"on {TPU}" if kernel.tpu else "on a CPU"
        checks.append(f"{kernel.id}: a notebook without outputs, {machine}")
    return KernelFolder(tuple(checks), _steps(out, kernels))


def check_notebook(path: Path) -> None:
    """Check that a notebook has format 4 and contains no outputs.

    Raises:
        ExportError: It is none, or was run and saved.
    """
    notebook = read_json(path, "a notebook")
    cells = notebook.get("cells")
    if notebook.get("nbformat") != 4 or not isinstance(cells, list):
        raise ExportError(f"{str(path)!r} is no notebook of format 4")
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict):
            raise ExportError(f"{str(path)!r}: cell {number} is {cell!r}")
        if cell.get("outputs") or cell.get("execution_count") is not None:
            raise ExportError(f"{str(path)!r}: cell {number} carries outputs; clear them")


def _steps(out: Path, kernels: Mapping[str, Kernel]) -> tuple[str, ...]:
    steps = [f"kaggle datasets create -p {out / WHEELS}"]
    for name, kernel in kernels.items():
        machine = f" --accelerator {TPU}" if kernel.tpu else ""
        steps.append(f"kaggle kernels push -p {out / name}{machine} -t {SESSION_SECONDS}")
    return tuple(steps)
