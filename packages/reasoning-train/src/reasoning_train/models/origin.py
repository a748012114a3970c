"""Where a base model's files come from, so that a run and its exports name what was loaded."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = re.compile(r"models--(?P<owner>[^/]+?)--(?P<name>[^/]+)")
"""A repository's folder in the Hugging Face cache; ids never hold two hyphens side by side."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the files of a base model come from.

    Attributes:
        name: What to call it.
        kind: `hub`, `kaggle`, `gguf`, `export`, `folder` or `package`.
        id: Where others find the very same files: `owner/name` of the Hugging Face hub, or a
            handle of Kaggle's; None where nobody else does.
        revision: The commit on the hub, or Kaggle's version.
        licence: Its licence, where that is known.
    """

    name: str
    kind: str
    id: str | None = None
    revision: str | None = None
    licence: str | None = None


def hub_snapshot(folder: Path) -> tuple[str, str] | None:
    """`owner/name` and commit of a folder in the Hugging Face cache; None for any other folder.

    A snapshot lies at `models--OWNER--NAME/snapshots/COMMIT`.
    """
    folder = folder.absolute()
    found = REPOSITORY.fullmatch(folder.parent.parent.name)
    if found is None or folder.parent.name != "snapshots":
        return None
    return f"{found['owner']}/{found['name']}", folder.name


def origin_of(text: str, folder: Path, handle: str | None = None) -> Origin:
    """The origin of weights that a user named.

    Args:
        text: `model.weights`.
        folder: What it was resolved to.
        handle: The text as a handle of Kaggle's, if it is one.
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
    """Of a run's own export: the run's base, trained; by its folder if the record is broken."""
    try:
        account = json.loads((folder / "export.json").read_text(encoding="utf-8"))
        base, checkpoint = account["base_model"], account["checkpoint"]
        name = f"{base['name']} ({checkpoint['stage']}/{checkpoint['step']})"
        return Origin(name, "export", licence=base.get("license"))
    except (ValueError, KeyError, TypeError):
        return Origin(folder.resolve().name, "export")


def _licence(name: str) -> str | None:
    return "gemma" if name.startswith("google/gemma") else None
