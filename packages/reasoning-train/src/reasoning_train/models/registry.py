"""The models known by name, and where their files are."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from reasoning_train.errors import UserError
from reasoning_train.models.gguf import gguf_to_folder, package_gguf


@dataclass(frozen=True, slots=True)
class BaseModelFiles:
    """A base model on disk.

    Attributes:
        name: Its name.
        architecture: `model_type` of its `config.json`.
        folder: Hugging Face folder: `config.json`, `*.safetensors`, `tokenizer.model`.
        sha256: SHA-256 of each file of the folder.
    """

    name: str
    architecture: str
    folder: Path
    sha256: dict[str, str]


def _tiny() -> Path:
    return Path(str(files("reasoning_train") / "assets" / "tiny-gemma3"))


def _gemma3_270m() -> Path:
    return gguf_to_folder(package_gguf(), "gemma3-270m")


MODELS: dict[str, Callable[[], Path]] = {
    "tiny-gemma3": _tiny,
    "gemma3-270m": _gemma3_270m,
}


def locate_base(name: str, weights: str = "") -> BaseModelFiles:
    """Find (or convert) the files of a model.

    Args:
        name: One of `MODELS`.
        weights: A Hugging Face folder or a GGUF file that takes the place of the name's own source.

    Raises:
        UserError: If the name is unknown or the files are not there.
    """
    if name not in MODELS:
        raise UserError(f"unknown model {name!r}; models: {', '.join(MODELS)}")
    folder = _given(Path(weights), name) if weights else MODELS[name]()
    architecture = json.loads((folder / "config.json").read_bytes())["model_type"]
    return BaseModelFiles(name, architecture, folder, _digests(folder))


def _given(path: Path, name: str) -> Path:
    if path.is_file() and path.suffix == ".gguf":
        return gguf_to_folder(path, name)
    if not (path / "config.json").is_file():
        raise UserError(
            f"model.weights {str(path)!r} is neither a GGUF file nor a folder with config.json"
        )
    return path


def _digests(folder: Path) -> dict[str, str]:
    digests = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix in (".json", ".model", ".safetensors"):
            with path.open("rb") as file:
                digests[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests
