"""Resolution of `model.weights` to a folder in Hugging Face layout."""

import hashlib
import re
from pathlib import Path

from reasoning_export import ExportError, export_safetensors, find_checkpoint
from reasoning_train.errors import UserError
from reasoning_train.models.cache import cache_root
from reasoning_train.models.download import hub_folder, kaggle_folder
from reasoning_train.models.gguf import gguf_to_folder
from reasoning_train.models.origin import Origin, origin_of

PART = r"[A-Za-z0-9][\w.-]*"
HUB = re.compile(rf"({PART}/{PART})(?:@({PART}))?")
KAGGLE = re.compile(rf"{PART}/{PART}/{PART}/{PART}(?:/\d+)?")
KAGGLE_INPUT = Path("/kaggle/input")
FORMS = (
    "a folder with config.json, a .gguf file, a run directory, owner/name[@commit] of the hub, "
    "or owner/model/framework/variation[/version] of Kaggle"
)


def named_weights(text: str, name: str) -> tuple[Path, Origin]:
    """Resolve `model.weights` to a folder and its origin, as in `weights_folder`."""
    remote = KAGGLE.fullmatch(text) and not Path(text).expanduser().exists()
    folder = weights_folder(text, name)
    return folder, origin_of(text, folder, text if remote else None)


def weights_folder(text: str, name: str) -> Path:
    """Resolve `model.weights` to a folder; paths on disk take precedence over remote names.

    Args:
        text: Value of `model.weights`, in one of the `FORMS`.
        name: Beginning of the folder's name in the cache if the model is converted.

    Raises:
        UserError: The text has none of these forms, or the model cannot be downloaded or converted.
    """
    path = Path(text).expanduser()
    if path.is_file() and path.suffix == ".gguf":
        return gguf_to_folder(path, name)
    if (path / "config.json").is_file():
        return path
    if (path / "manifest.json").is_file():
        return _run_folder(path)
    if not path.exists():
        if KAGGLE.fullmatch(text):
            return attached(text) or kaggle_folder(text)
        if found := HUB.fullmatch(text):
            return hub_folder(found[1], found[2])
    raise UserError(f"model.weights {text!r} is not {FORMS}")


def check_form(text: str) -> None:
    """Check the form of `model.weights`, without a download.

    Raises:
        UserError: The text is neither an existing path, nor an id on the hub or on Kaggle.
    """
    if not Path(text).expanduser().exists() and not (KAGGLE.fullmatch(text) or HUB.fullmatch(text)):
        raise UserError(f"model.weights {text!r} is not {FORMS}")


def attached(handle: str, root: Path = KAGGLE_INPUT) -> Path | None:
    """Return the folder of a Kaggle model that is attached to this notebook; None if there is none.

    Mount paths have changed over time and may lack the owner, so only their end is compared.

    Args:
        handle: `owner/model/framework/variation[/version]`, without a version for the newest one
            that is attached.
        root: Folder that Kaggle mounts models in.
    """
    _, model, framework, variation, *version = handle.split("/")
    found = {}
    for config in root.rglob("config.json"):
        *above, number = config.parent.relative_to(root).parts or ("",)
        if above[-3:] == [model, framework, variation] and number.isdecimal():
            found[int(number)] = config.parent
    if version:
        return found.get(int(version[0]))
    return found[max(found)] if found else None


def _run_folder(run: Path) -> Path:
    """Return the merged weights of an earlier run: its own export, or one made in the cache."""
    exported = run / "export" / "safetensors"
    if (exported / "config.json").is_file():
        return exported
    try:
        checkpoint = find_checkpoint(run)
        written = (checkpoint.path / "_METADATA").stat().st_mtime_ns
        key = hashlib.sha256(f"{checkpoint.path.resolve()}:{written}".encode()).hexdigest()[:12]
        folder = cache_root() / f"run-{key}"
        return folder if folder.is_dir() else export_safetensors(run, folder)
    except ExportError as error:
        raise UserError(f"model.weights {str(run)!r}: {error}") from error
