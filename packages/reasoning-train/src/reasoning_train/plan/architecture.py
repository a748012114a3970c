"""A model's `config.json` without its weights."""

from importlib.resources import files
from pathlib import Path

from reasoning_train.config.schema import ModelSection
from reasoning_train.errors import UserError

ASSETS = Path(str(files("reasoning_train") / "assets"))

FOLDERS = {
    "tiny-gemma3": ASSETS / "tiny-gemma3",
    "gemma3-270m": ASSETS / "architectures" / "gemma3-270m",
    "gemma3-1b-it": ASSETS / "architectures" / "gemma3-1b",
    "gemma3-1b-pt": ASSETS / "architectures" / "gemma3-1b",
    "gemma3-4b-it": ASSETS / "architectures" / "gemma3-4b",
    "gemma2-2b-it": ASSETS / "architectures" / "gemma2-2b",
    "gemma2-2b": ASSETS / "architectures" / "gemma2-2b",
}
"""Folders with the sizes of the models known by name (the published `config.json` files)."""


def architecture_folder(model: ModelSection) -> Path:
    """Folder with the `config.json` of the model that a run would load; nothing is downloaded.

    Raises:
        UserError: If the name is unknown.
    """
    given = Path(model.weights).expanduser()
    if model.weights and (given / "config.json").is_file():
        return given
    if model.name not in FOLDERS:
        raise UserError(f"unknown model {model.name!r}; models: {', '.join(FOLDERS)}")
    return FOLDERS[model.name]
