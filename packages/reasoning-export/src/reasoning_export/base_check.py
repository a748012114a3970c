"""Checks that a base model is the one that an export was made from."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning_export.card.provenance import FILE
from reasoning_export.errors import ExportError
from reasoning_export.files import check_digests, plain_name, read_json
from reasoning_export.inputs.run_directory import HUB

ADAPTER_CONFIG = "adapter_config.json"


@dataclass(frozen=True, slots=True)
class Found:
    """The result of checking the base that an adapter names, as a line of text."""

    checked: bool
    line: str


def check_base(folder: Path, record: Mapping[str, Any]) -> str:
    """Check that a base model's folder matches the record of an export.

    Args:
        folder: Of the base model.
        record: What `export.json` holds.

    Returns:
        What was found, in words.

    Raises:
        ExportError: It is another base, or the record does not say.
    """
    digests = base_sha256(record)
    if not folder.is_dir():
        raise ExportError(f"the base model {str(folder)!r} is no folder")
    try:
        check_digests(folder, digests, FILE)
    except ExportError as error:
        raise ExportError(f"another base than this export was made from: {error}") from None
    return f"it was made from the base model at {str(folder)!r}: {len(digests)} files by SHA-256"


def check_named_base(out: Path, record: Mapping[str, Any]) -> Found:
    """Check that `adapter_config.json` names the base model that was trained on.

    A name on the hub must be the recorded one, with its commit; its files are compared if the hub's
    cache has them. A folder is compared if it is there.

    Raises:
        ExportError: It is another base.
    """
    config = read_json(out / ADAPTER_CONFIG, "the adapter's configuration")
    named, revision = config.get("base_model_name_or_path"), config.get("revision")
    base = record.get("base_model")
    base = base if isinstance(base, dict) else {}
    if not isinstance(named, str) or not named:
        raise ExportError(f"{ADAPTER_CONFIG} names no base model")
    if base.get("source") == HUB:
        if (named, revision) != (base.get("id"), base.get("revision")):
            raise ExportError(
                f"{ADAPTER_CONFIG} names the base {named!r} at {revision!r}, {FILE} "
                f"{base.get('id')!r} at {base.get('revision')!r}"
            )
        cached = _cached(named, str(revision))
        if cached.is_dir():
            return Found(True, check_base(cached, record))
        return Found(True, f"its base is {named} at commit {revision}, not in this machine's cache")
    if not os.path.isabs(named):
        raise ExportError(
            f"{ADAPTER_CONFIG} names the base {named!r}, but it was made from a folder; "
            "export again"
        )
    if Path(named).is_dir() and base.get("sha256"):
        return Found(True, check_base(Path(named), record))
    return Found(
        False,
        f"{ADAPTER_CONFIG} names its base by a folder that is not on this machine, {named!r}: load "
        f"the base yourself, and compare it with verify --base FOLDER",
    )


def base_sha256(record: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of each of the base model's files, from the record of an export.

    Raises:
        ExportError: There are none.
    """
    base = record.get("base_model")
    table = base.get("sha256") if isinstance(base, dict) else None
    if not isinstance(table, dict) or not table:
        raise ExportError(f"{FILE} does not list the base model's files")
    return {plain_name(name, FILE): str(digest) for name, digest in table.items()}


def _cached(repository: str, commit: str) -> Path:
    """The path of a snapshot in the Hugging Face cache, which may not exist."""
    home = Path(os.environ.get("HF_HOME") or "~/.cache/huggingface").expanduser()
    hub = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    return hub / f"models--{repository.replace('/', '--')}" / "snapshots" / commit
