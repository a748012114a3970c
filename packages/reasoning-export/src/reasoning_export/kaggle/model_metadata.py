"""Kaggle's metadata for models, checked before anything is uploaded.

The fields and the list of licences are those of Kaggle's documentation of model metadata
(docs/models_metadata.md of its command-line tool).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reasoning_export.card.provenance import Kind
from reasoning_export.errors import ExportError

MODEL_FILE = "model-metadata.json"
INSTANCE_FILE = "model-instance-metadata.json"
NO_OWNER = "INSERT_OWNER_SLUG_HERE"
"""Kaggle's own placeholder; its tools refuse to upload under it."""

FRAMEWORKS = {
    Kind.SAFETENSORS: "transformers",
    Kind.ADAPTER: "transformers",
    Kind.ORBAX: "jax",
    Kind.GGUF: "gguf",
}
LICENCES = (
    "Apache 2.0",
    "Attribution 3.0 IGO (CC BY 3.0 IGO)",
    "Attribution 3.0 Unported (CC BY 3.0)",
    "Attribution 4.0 International (CC BY 4.0)",
    "Attribution-NoDerivatives 4.0 International (CC BY-ND 4.0)",
    "Attribution-NonCommercial 4.0 International (CC BY-NC 4.0)",
    "Attribution-NonCommercial-NoDerivatives 4.0 International (CC BY-NC-ND 4.0)",
    "Attribution-NonCommercial-ShareAlike 3.0 IGO (CC BY-NC-SA 3.0 IGO)",
    "BSD-3-Clause",
    "CC BY-NC-SA 4.0",
    "CC BY-SA 3.0",
    "CC BY-SA 4.0",
    "CC0: Public Domain",
    "Community Data License Agreement - Permissive - Version 1.0",
    "Community Data License Agreement - Sharing - Version 1.0",
    "GNU Affero General Public License 3.0",
    "GNU Free Documentation License 1.3",
    "GNU Lesser General Public License 3.0",
    "GPL 2",
    "GPL 3",
    "MIT",
    "ODC Attribution License (ODC-By)",
    "ODC Public Domain Dedication and Licence (PDDL)",
)
TITLE_LENGTH = (6, 50)
SLUG_LENGTH = (3, 50)
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
BASE_INSTANCE = re.compile(r"[\w.-]+/[\w.-]+/\w+/[\w.-]+")


@dataclass(frozen=True, slots=True)
class KaggleTarget:
    """The destination of an export on Kaggle.

    Attributes:
        owner: User or organisation.
        model: Slug of the model.
        variation: Slug of the variation.
        kind: Of the export; gives the framework.
        title: Of the model's page.
        licence: One of `LICENCES`.
        base: `owner/model/framework/variation` of the base model on Kaggle, or empty.
        base_url: Where the base model is found elsewhere, or empty.
    """

    owner: str
    model: str
    variation: str
    kind: Kind
    title: str
    licence: str
    base: str = ""
    base_url: str = ""

    def __post_init__(self) -> None:
        """Check all values against Kaggle's rules.

        Raises:
            ExportError: With the first value that Kaggle would refuse.
        """
        if self.owner != NO_OWNER:
            check_slug("owner", self.owner)
        check_slug("model", self.model)
        check_slug("variation", self.variation)
        low, high = TITLE_LENGTH
        if not low <= len(self.title) <= high:
            raise ExportError(f"title {self.title!r} must have {low} to {high} characters")
        if self.licence not in LICENCES:
            raise ExportError(
                f"licence {self.licence!r} is none of Kaggle's: {'; '.join(LICENCES)}"
            )
        if self.base and not BASE_INSTANCE.fullmatch(self.base):
            raise ExportError(f"base {self.base!r} must be owner/model/framework/variation")

    @property
    def framework(self) -> str:
        """Kaggle's name for the framework."""
        return FRAMEWORKS[self.kind]

    @property
    def handle(self) -> str:
        """The variation's handle in kagglehub, without a version."""
        return f"{self.owner}/{self.model}/{self.framework}/{self.variation}"

    def model_metadata(self, card: str) -> dict[str, Any]:
        """The content of `model-metadata.json`."""
        return {
            "ownerSlug": self.owner,
            "title": self.title,
            "slug": self.model,
            "subtitle": "",
            "isPrivate": True,
            "description": card,
            "publishTime": "",
            "provenanceSources": self.base_url,
        }

    def instance_metadata(self, usage: str) -> dict[str, Any]:
        """The content of `model-instance-metadata.json`."""
        variant = "KaggleVariant" if self.base else "ExternalVariant"
        return {
            "ownerSlug": self.owner,
            "modelSlug": self.model,
            "instanceSlug": self.variation,
            "framework": self.framework,
            "overview": f"{self.title}, {self.kind}",
            "usage": usage,
            "licenseName": self.licence,
            "fineTunable": True,
            "trainingData": [],
            "modelInstanceType": variant if self.base or self.base_url else "Unspecified",
            "baseModelInstance": self.base,
            "externalBaseModelUrl": self.base_url,
        }


def read_target(model: Mapping[str, Any], instance: Mapping[str, Any], kind: Kind) -> KaggleTarget:
    """Read and check a target from its two metadata files.

    Raises:
        ExportError: They differ from each other or break Kaggle's rules.
    """
    for key, other in (("ownerSlug", "ownerSlug"), ("slug", "modelSlug")):
        if model.get(key) != instance.get(other):
            raise ExportError(
                f"{MODEL_FILE} says {key} {model.get(key)!r}, "
                f"{INSTANCE_FILE} {instance.get(other)!r}"
            )
    if not isinstance(model.get("isPrivate"), bool):
        raise ExportError(f"{MODEL_FILE}: isPrivate must be true or false, without quotes")
    if instance.get("framework") != FRAMEWORKS[kind]:
        raise ExportError(
            f"{INSTANCE_FILE}: framework {instance.get('framework')!r} for {kind}, "
            f"which is {FRAMEWORKS[kind]!r}"
        )
    return KaggleTarget(
        owner=str(model.get("ownerSlug")),
        model=str(model.get("slug")),
        variation=str(instance.get("instanceSlug")),
        kind=kind,
        title=str(model.get("title")),
        licence=str(instance.get("licenseName")),
        base=str(instance.get("baseModelInstance", "")),
        base_url=str(instance.get("externalBaseModelUrl", "")),
    )


def slugify(text: str) -> str:
    """Convert text to lower-case letters and digits joined by dashes."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))[: SLUG_LENGTH[1]].strip("-")


def check_slug(what: str, value: str) -> None:
    """Check that a value is a valid slug on Kaggle.

    Raises:
        ExportError: It has another form.
    """
    low, high = SLUG_LENGTH
    if not SLUG.fullmatch(value) or not low <= len(value) <= high:
        raise ExportError(
            f"{what} {value!r} must be {low} to {high} lower-case letters, digits and single dashes"
        )
