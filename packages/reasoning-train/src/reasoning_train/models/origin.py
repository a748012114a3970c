"""Origin of a base model's files, which a run and its exports record."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = re.compile(r"models--(?P<owner>[^/]+?)--(?P<name>[^/]+)")
"""Folder of a repository in the Hugging Face cache; ids never contain two consecutive hyphens."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Origin of a base model's files.

    Attributes:
        name: Name to show.
        kind: `hub`, `kaggle`, `gguf`, `export`, `folder` or `package`.
        id: Public address of the same files: `owner/name` on the Hugging Face hub, or a Kaggle
            handle; None for files that are not public.
        revision: Commit on the hub, or version on Kaggle.
        licence: Licence, if known.
    """

    name: str
    kind: str
    id: str | None = None
    revision: str | None = None
    licence: str | None = None


def hub_snapshot(folder: Path) -> tuple[str, str] | None:
    """Return `owner/name` and commit of a folder in the Hugging Face cache; None for others.

    Snapshots are at `models--OWNER--NAME/snapshots/COMMIT`.
    """
    folder = folder.absolute()
    found = REPOSITORY.fullmatch(folder.parent.parent.name)
    if found is None or folder.parent.name != "snapshots":
        return None
    return f"{found['owner']}/{found['name']}", folder.name


def origin_of(text: str, folder: Path, handle: str | None = None) -> Origin:
    """Return the origin of weights named by the user.

    Args:
        text: Value of `model.weights`.
        folder: Folder that it was resolved to.
        handle: The text again if it is a Kaggle handle, else None.
    """
    if found := hub_snapshot(folder):
        return Origin(found[0], "hub", *found, licence=_licence(found[0]))
    if handle is not None:
        *parts, last = handle.split("/")
        version = last if last.isdecimal() else folder.name
        handle = "/".join(parts) if last.isdecimal() else handle
        return Origin(handle.split("/")[3], "kaggle", handle, version, _licence(handle))
    if (folder / "export.json").is_file():
        return _exported(folder)
    path = Path(text).expanduser()
    if path.suffix == ".gguf":
        return Origin(path.stem, "gguf")
    real = folder.resolve()  # Kaggle mounts NAME/VERSION
    return Origin(real.parent.name if real.name.isdecimal() else real.name, "folder")


def _exported(folder: Path) -> Origin:
    """Return the origin of a run's export, which names its base model and checkpoint.

    If `export.json` is damaged, the origin is named after the folder.
    """
    try:
        account = json.loads((folder / "export.json").read_text(encoding="utf-8"))
        base, checkpoint = account["base_model"], account["checkpoint"]
        name = f"{base['name']} ({checkpoint['stage']}/{checkpoint['step']})"
        return Origin(name, "export", licence=base.get("license"))
    except (ValueError, KeyError, TypeError):
        return Origin(folder.resolve().name, "export")


def _licence(name: str) -> str | None:
    return "gemma" if name.startswith("google/gemma") else None
