"""Registry of the models that can be chosen by name, and the search for their files."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path

from reasoning_export.files import table_sha256
from reasoning_train.errors import UserError
from reasoning_train.models.check import check_folder
from reasoning_train.models.download import hub_folder
from reasoning_train.models.gguf import gguf_to_folder, package_gguf
from reasoning_train.models.origin import Origin
from reasoning_train.models.sources import named_weights
from reasoning_train.models.tokenizer_file import tokenizer_file


@dataclass(frozen=True, slots=True)
class BaseModelFiles:
    """Base model on disk.

    Attributes:
        name: Name in the registry, which says the architecture; the weights may be others.
        architecture: `model_type` of its text model.
        folder: Hugging Face folder with `config.json`, `*.safetensors` and a tokenizer.
        sha256: SHA-256 of each file in the folder, by file name.
        origin: Origin of the files.
    """

    name: str
    architecture: str
    folder: Path
    sha256: dict[str, str]
    origin: Origin

    @property
    def tokenizer(self) -> Path:
        """SentencePiece model of the base."""
        return tokenizer_file(self.folder)

    @property
    def digest(self) -> str:
        """SHA-256 over the hashes of all files."""
        return table_sha256(self.sha256)


@dataclass(frozen=True, slots=True)
class KnownModel:
    """Model that can be chosen by name.

    Attributes:
        architecture: `model_type` of its text model.
        find: Finds, converts or downloads its files, and returns their folder.
        origin: Origin of these files.
    """

    architecture: str
    find: Callable[[], Path]
    origin: Origin


def _tiny() -> Path:
    return Path(str(files("reasoning_train") / "assets" / "tiny-gemma3"))


def _gemma3_270m() -> Path:
    return gguf_to_folder(package_gguf(), "gemma3-270m")


def _google(repository: str, revision: str, architecture: str) -> KnownModel:
    origin = Origin(repository, "hub", repository, revision, "gemma")
    return KnownModel(architecture, partial(hub_folder, repository, revision), origin)


MODELS: dict[str, KnownModel] = {
    "tiny-gemma3": KnownModel(
        "gemma3_text", _tiny, Origin("tiny-gemma3", "package", licence="apache-2.0")
    ),
    "gemma3-270m": KnownModel(
        "gemma3_text", _gemma3_270m, Origin("gemma-3-270m-q4_k_m", "gguf", licence="gemma")
    ),
    "gemma3-1b-it": _google(
        "google/gemma-3-1b-it", "dcc83ea841ab6100d6b47a070329e1ba4cf78752", "gemma3_text"
    ),
    "gemma3-1b-pt": _google(
        "google/gemma-3-1b-pt", "fcf18a2a879aab110ca39f8bffbccd5d49d8eb29", "gemma3_text"
    ),
    "gemma3-4b-it": _google(
        "google/gemma-3-4b-it", "093f9f388b31de276ce2de164bdc2081324b9767", "gemma3_text"
    ),
    "gemma2-2b-it": _google(
        "google/gemma-2-2b-it", "299a8560bedf22ed1c72a8a11e7dce4a7f9f51f8", "gemma2"
    ),
    "gemma2-2b": _google("google/gemma-2-2b", "c5ebcd40d208330abc697524c919956e692655cf", "gemma2"),
}


def locate_base(name: str, weights: str = "") -> BaseModelFiles:
    """Find, convert or download the files of a model, and check that they are complete.

    Args:
        name: Name of the model, one of `MODELS`.
        weights: Other weights of the same architecture, as in `sources.weights_folder`; empty for
            the model's own.

    Raises:
        UserError: The name is unknown, or the files are missing, damaged or of another model.
    """
    if name not in MODELS:
        raise UserError(f"unknown model {name!r}; models: {', '.join(MODELS)}")
    model = MODELS[name]
    folder, origin = named_weights(weights, name) if weights else (model.find(), model.origin)
    check_folder(folder, model.architecture)
    return BaseModelFiles(name, model.architecture, folder, _digests(folder), origin)


def _digests(folder: Path) -> dict[str, str]:
    digests = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix in (".json", ".model", ".safetensors"):
            with path.open("rb") as file:
                digests[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests
