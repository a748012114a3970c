"""The notebooks: their first cell installs what is attached, and nothing by a bare name."""

import ast
import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from reasoning_train import load_config

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
PACKAGES = ("reasoning-rewards", "reasoning-data", "reasoning-export", "reasoning-train")


def code_cells(notebook: Path) -> list[str]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


INSTALL = code_cells(NOTEBOOKS[0])[0]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python of its own, with pip."""
    folder = tmp_path_factory.mktemp("image")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder / "bin" / "python"


def make_wheels(folder: Path, *names: str) -> Path:
    """A small wheel of each package, with the record that `reasoning-export kernel` writes."""
    folder.mkdir(parents=True)
    digests = {}
    for name in names:
        module = name.replace("-", "_")
        info = f"{module}-0.1.0.dist-info"
        files = {
            f"{module}.py": "",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = f"{info}/RECORD,,\n"
        for path, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
            record += f"{path},sha256={digest.decode()},{len(text)}\n"
        path = folder / f"{module}-0.1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            for inner, text in (files | {f"{info}/RECORD": record}).items():
                wheel.writestr(inner, text)
        digests[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "wheels.json").write_text(json.dumps({"git_commit": "c" * 40, "sha256": digests}))
    return folder


def install(image: Path, place: Path) -> subprocess.CompletedProcess[str]:
    """Run the cell with `place/input` attached; no index can be reached."""
    environment = {
        "REASONING_INPUT": str(place / "input"),
        "REASONING_WORKING": str(place / "working"),
        "PIP_NO_INDEX": "1",
        "PIP_TARGET": str(place / "site"),
    }
    return subprocess.run(
        [image, "-c", INSTALL], env=os.environ | environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_installs_by_the_same_cell_and_compiles(notebook: Path) -> None:
    first, *others = code_cells(notebook)
    assert first == INSTALL
    for cell in others:
        ast.parse(cell)
        assert "pip" not in cell


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_suggested_setting_is_one_of_the_preset(notebook: Path) -> None:
    cell = next(cell for cell in code_cells(notebook) if "STRATEGY = {" in cell)
    suggested = re.findall(r'^    # "([\w.-]+)": ([^,]+),', cell, re.MULTILINE)
    assert len(suggested) >= 12
    flags = [word for key, value in suggested for word in (f"--{key}", ast.literal_eval(value))]
    config = load_config(preset="kaggle-gemma3-1b", flags=[str(flag) for flag in flags])
    assert config == load_config(preset="kaggle-gemma3-1b")


def test_attached_wheels_are_installed(image: Path, tmp_path: Path) -> None:
    make_wheels(tmp_path / "input/some/where", *PACKAGES)
    done = install(image, tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site/reasoning_train.py").is_file()
    assert "reasoning_rewards-0.1.0-py3-none-any.whl" in done.stdout


@pytest.mark.parametrize("attached", [(), PACKAGES[1:]])
def test_what_is_not_attached_is_not_looked_for_by_name(
    image: Path, tmp_path: Path, attached: tuple[str, ...]
) -> None:
    make_wheels(tmp_path / "input/wheels", *attached)
    done = install(image, tmp_path)
    assert done.returncode == 1
    assert "attach the data set of wheels" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "site").exists()


def test_a_wheel_that_is_not_the_recorded_one_is_refused(image: Path, tmp_path: Path) -> None:
    folder = make_wheels(tmp_path / "input/wheels", *PACKAGES)
    next(folder.glob("reasoning_data-*")).write_bytes(b"another")
    done = install(image, tmp_path)
    assert done.returncode == 1
    assert "is not the file that" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "site").exists()
