"""Kaggle's metadata for notebooks and data sets, checked against its rules.

From the documentation of Kaggle's command-line tool (docs/kernels_metadata.md and
docs/datasets_metadata.md) and from what that tool itself refuses (version 2.2).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from reasoning_export.errors import ExportError
from reasoning_export.kaggle.model_metadata import SLUG, check_slug, slugify

KERNEL_FILE = "kernel-metadata.json"
DATASET_FILE = "dataset-metadata.json"
TPU = "TpuV5E8"
"""Kaggle's name of a TPU v5e with eight chips."""
BASE_MODEL = "google/gemma-3/transformers/gemma-3-1b-it/1"
LICENCE = "apache-2.0"
TITLE_LENGTH = (6, 50)
KERNEL_TITLE_LENGTH = (5, 50)
DATASET_SLUG_LENGTH = (6, 50)
"""The documentation says 3; the tool refuses less than 6."""
KERNEL_SLUG_LENGTH = 5
DATASET_LICENCES = {
    "CC0-1.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-NC-SA-4.0", "GPL-2.0", "ODbL-1.0",
    "DbCL-1.0", "copyright-authors", "other", "unknown", "CC-BY-4.0", "CC-BY-NC-4.0", "PDDL",
    "CC-BY-3.0", "CC-BY-3.0-IGO", "US-Government-Works", "CC-BY-NC-SA-3.0-IGO",
    "CDLA-Permissive-1.0", "CDLA-Sharing-1.0", "CC-BY-ND-4.0", "CC-BY-NC-ND-4.0", "ODC-BY-1.0",
    "LGPL-3.0", "AGPL-3.0", "FDL-1.3", "EU-ODP-Legal-Notice", "apache-2.0", "GPL-3.0",
}  # fmt: skip
SWITCHES = ("is_private", "enable_gpu", "enable_tpu", "enable_internet")
MODEL_VERSION = re.compile(r"[\w.-]+/[\w.-]+/\w+/[\w.-]+/\d+")


@dataclass(frozen=True, slots=True)
class WheelsDataset:
    """The metadata of a data set of wheels.

    Attributes:
        owner: User or organisation.
        title: Of its page; the slug is made of it.
        licence: One of `DATASET_LICENCES`.
    """

    owner: str
    title: str
    licence: str = LICENCE

    def __post_init__(self) -> None:
        """Check all values against Kaggle's rules.

        Raises:
            ExportError: With the first value that Kaggle would refuse.
        """
        check_slug("owner", self.owner)
        _check_title("data set", self.title, TITLE_LENGTH)
        low, high = DATASET_SLUG_LENGTH
        if not low <= len(slugify(self.title)) <= high:
            raise ExportError(
                f"data set title {self.title!r} gives the slug {slugify(self.title)!r}; "
                f"a data set's slug has {low} to {high} characters"
            )
        if self.licence not in DATASET_LICENCES:
            raise ExportError(f"licence {self.licence!r} is none of Kaggle's for data sets")

    @property
    def id(self) -> str:
        """The id of the data set, `owner/slug`."""
        return f"{self.owner}/{slugify(self.title)}"

    def metadata(self) -> dict[str, Any]:
        """The content of `dataset-metadata.json`."""
        return {"title": self.title, "id": self.id, "licenses": [{"name": self.licence}]}

    @classmethod
    def read(cls, metadata: Mapping[str, Any]) -> Self:
        """Read and check a `dataset-metadata.json`.

        Raises:
            ExportError: It breaks Kaggle's rules.
        """
        licences = metadata.get("licenses")
        if (
            not isinstance(licences, list)
            or len(licences) != 1
            or not isinstance(licences[0], dict)
        ):
            raise ExportError(
                f"{DATASET_FILE}: licenses is {licences!r}; it must have one entry with a name"
            )
        owner, _, slug = str(metadata.get("id")).partition("/")
        found = cls(owner, str(metadata.get("title")), str(licences[0].get("name")))
        if found.id != f"{owner}/{slug}":
            raise ExportError(f"{DATASET_FILE}: the title gives the id {found.id!r}, not {slug!r}")
        return found


@dataclass(frozen=True, slots=True)
class Kernel:
    """The metadata of a notebook.

    Attributes:
        owner: User or organisation.
        title: Of its page; the slug is made of it.
        code_file: The notebook, beside the metadata.
        tpu: Whether it runs on a TPU v5e-8; else on a CPU.
        datasets: Data sets it reads, `owner/slug`.
        kernels: Notebooks whose output it reads, `owner/slug`.
        models: Models it reads, `owner/model/framework/variation/version`.
    """

    owner: str
    title: str
    code_file: str
    tpu: bool = True
    datasets: tuple[str, ...] = ()
    kernels: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check all values against Kaggle's rules.

        Raises:
            ExportError: With the first value that Kaggle would refuse.
        """
        check_slug("owner", self.owner)
        _check_title("notebook", self.title, KERNEL_TITLE_LENGTH)
        if not self.code_file.endswith(".ipynb") or "/" in self.code_file:
            raise ExportError(f"code_file {self.code_file!r} must be a notebook in the same folder")
        for source in (self.id, *self.kernels):
            _check_source("notebook", source, KERNEL_SLUG_LENGTH)
        for source in self.datasets:
            _check_source("data set", source, DATASET_SLUG_LENGTH[0])
        for source in self.models:
            if not MODEL_VERSION.fullmatch(source):
                raise ExportError(
                    f"model {source!r} must be owner/model/framework/variation/version, "
                    "the version a number"
                )

    @property
    def id(self) -> str:
        """The id of the notebook, `owner/slug`; Kaggle derives the slug from the title."""
        return f"{self.owner}/{slugify(self.title)}"

    def metadata(self) -> dict[str, Any]:
        """The content of `kernel-metadata.json`."""
        return {
            "id": self.id,
            "title": self.title,
            "code_file": self.code_file,
            "language": "python",
            "kernel_type": "notebook",
            "is_private": "true",
            "enable_gpu": "false",
            "enable_tpu": "true" if self.tpu else "false",
            "enable_internet": "true",
            "machine_shape": TPU if self.tpu else "",
            "dataset_sources": list(self.datasets),
            "competition_sources": [],
            "kernel_sources": list(self.kernels),
            "model_sources": list(self.models),
        }

    @classmethod
    def read(cls, metadata: Mapping[str, Any]) -> Self:
        """Read and check a `kernel-metadata.json`.

        Raises:
            ExportError: It breaks Kaggle's rules, or asks for another machine than we use.
        """
        for key, value in (("language", "python"), ("kernel_type", "notebook")):
            if metadata.get(key) != value:
                raise ExportError(f"{KERNEL_FILE}: {key} is {metadata.get(key)!r}, not {value!r}")
        for key in SWITCHES:
            if metadata.get(key) not in ("true", "false"):
                raise ExportError(
                    f"{KERNEL_FILE}: {key} is {metadata.get(key)!r}; "
                    "Kaggle's form is the text 'true' or 'false'"
                )
        tpu = metadata["enable_tpu"] == "true"
        if metadata.get("machine_shape") != (TPU if tpu else ""):
            raise ExportError(
                f"{KERNEL_FILE}: machine_shape is {metadata.get('machine_shape')!r} "
                f"with enable_tpu {metadata['enable_tpu']!r}"
            )
        owner, _, slug = str(metadata.get("id")).partition("/")
        found = cls(
            owner=owner,
            title=str(metadata.get("title")),
            code_file=str(metadata.get("code_file")),
            tpu=tpu,
            datasets=_sources(metadata, "dataset_sources"),
            kernels=_sources(metadata, "kernel_sources"),
            models=_sources(metadata, "model_sources"),
        )
        if found.id != f"{owner}/{slug}":
            raise ExportError(f"{KERNEL_FILE}: the title gives the id {found.id!r}, not {slug!r}")
        return found


def _sources(metadata: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = metadata.get(key, [])
    if not isinstance(value, list) or not all(isinstance(source, str) for source in value):
        raise ExportError(f"{KERNEL_FILE}: {key} is {value!r}; it must be a list of texts")
    return tuple(value)


def _check_title(what: str, title: str, length: tuple[int, int]) -> None:
    low, high = length
    if not low <= len(title) <= high:
        raise ExportError(f"{what} title {title!r} must have {low} to {high} characters")


def _check_source(what: str, source: str, shortest: int) -> None:
    owner, _, slug = source.partition("/")
    if not SLUG.fullmatch(owner) or not SLUG.fullmatch(slug) or len(slug) < shortest:
        raise ExportError(
            f"{what} {source!r} must be owner/slug, the slug at least {shortest} "
            "lower-case letters, digits and single dashes"
        )
