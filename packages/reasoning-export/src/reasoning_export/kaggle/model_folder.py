"""Stages an export for Kaggle: `OUT/model-metadata.json` and the upload in `OUT/files`."""

import os
from dataclasses import dataclass
from pathlib import Path

from reasoning_export.card.card import licence
from reasoning_export.card.provenance import FILE, Kind
from reasoning_export.card.serving import serving
from reasoning_export.card.usage import usage
from reasoning_export.errors import ExportError
from reasoning_export.files import read_json, staged, write_json
from reasoning_export.formats.exporters import EXPORTERS
from reasoning_export.inputs.checkpoint_finder import Wanted
from reasoning_export.inputs.run_directory import Run
from reasoning_export.kaggle.model_metadata import (
    INSTANCE_FILE,
    MODEL_FILE,
    NO_OWNER,
    TITLE_LENGTH,
    KaggleTarget,
    read_target,
    slugify,
)
from reasoning_export.verification import verify

FILES = "files"
MANY_FILES = 50
"""kagglehub packs more files than this into one archive."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """Options for the upload; empty values are filled from the run."""

    owner: str = ""
    model: str = ""
    variation: str = ""
    title: str = ""
    licence: str = ""
    base: str = ""
    base_url: str = ""


@dataclass(frozen=True, slots=True)
class Staged:
    """A folder that is ready for upload, with warnings for the user."""

    path: Path
    target: KaggleTarget
    warnings: tuple[str, ...]


def stage_kaggle(
    run: Path,
    out: Path,
    kind: Kind = Kind.SAFETENSORS,
    wishes: Wishes | None = None,
    *,
    base: Path | None = None,
    wanted: Wanted | None = None,
) -> Staged:
    """Export a run and arrange it for Kaggle, without uploading it.

    Args:
        run: The run directory.
        out: A new or empty folder.
        kind: What to export.
        wishes: Where to; from the run's names where they are empty.
        base: The base model's folder, if it has moved.
        wanted: Which checkpoint; by default the best one by validation.

    Raises:
        ExportError: The run cannot be exported, or Kaggle would refuse a name.
    """
    opened = Run.open(run, base, wanted)
    target = make_target(opened, kind, wishes or Wishes())
    with staged(out) as folder:
        files = EXPORTERS[kind](run, folder / FILES, base=base, wanted=wanted)
        card = (files / "README.md").read_text(encoding="utf-8").split("---\n", 2)[2].lstrip()
        told = f"{usage(opened, kind)}\n{serving(opened, kind)}"
        write_json(folder / MODEL_FILE, target.model_metadata(card))
        write_json(files / INSTANCE_FILE, target.instance_metadata(told))
        open_staged(folder)
    return Staged(out, target, warnings(out, target, licence(opened)))


def staged_before(run: Path, out: Path, target: KaggleTarget) -> bool:
    """Whether `out` already holds this run, staged for this target.

    Args:
        run: The run directory.
        out: The folder that may have been staged.
        target: The destination it must have been staged for.

    Raises:
        ExportError: It was staged for another target or from another checkpoint, or has changed.
    """
    if not (out / MODEL_FILE).is_file():
        return False
    if (found := open_staged(out)) != target:
        raise ExportError(
            f"{str(out)!r} is staged as {found.handle}, {found.licence!r}; for {target.handle}, "
            f"{target.licence!r} choose another folder"
        )
    verify(out, run)
    return True


def make_target(run: Run, kind: Kind, wishes: Wishes) -> KaggleTarget:
    """Choose names on Kaggle, derived from the run if the user gave none.

    Args:
        run: The opened run.
        kind: The format of the export.
        wishes: The user's choices; empty ones are filled in.
    """
    name = run.base_name.rsplit("/", 1)[-1]
    stage = {"actor": "grpo", "sft": "sft"}[run.checkpoint.stage]
    return KaggleTarget(
        owner=wishes.owner or os.environ.get("KAGGLE_USERNAME", "") or NO_OWNER,
        model=wishes.model or slugify(f"{name} reasoning"),
        variation=wishes.variation or stage + _suffix(kind, run),
        kind=kind,
        title=wishes.title or f"{name} reasoning"[: TITLE_LENGTH[1]],
        licence=wishes.licence or "Apache 2.0",
        base=wishes.base,
        base_url=wishes.base_url,
    )


def _suffix(kind: Kind, run: Run) -> str:
    if kind is Kind.ADAPTER:
        return "-adapter"
    return "-lora" if kind is Kind.ORBAX and run.lora else ""


def open_staged(out: Path) -> KaggleTarget:
    """Read and check the metadata of a staged folder.

    Raises:
        ExportError: Its metadata is missing or breaks Kaggle's rules.
    """
    kind = Kind(read_json(out / FILES / FILE, "the record of an export")["kind"])
    return read_target(
        read_json(out / MODEL_FILE, "Kaggle's model metadata"),
        read_json(out / FILES / INSTANCE_FILE, "Kaggle's variation metadata"),
        kind,
    )


def warnings(out: Path, target: KaggleTarget, base_licence: str) -> tuple[str, ...]:
    """Warnings about what Kaggle allows but users may not expect.

    Args:
        out: The staged folder.
        target: Its destination.
        base_licence: The base model's licence.
    """
    files = [path for path in (out / FILES).rglob("*") if path.is_file()]
    found = ["a model that is new on Kaggle is created private; make it public on its page"]
    if target.owner == NO_OWNER:
        found.append("no owner is known; give --owner, or set KAGGLE_USERNAME, before uploading")
    if base_licence == "gemma":
        found.append(
            "Kaggle's list has no Gemma licence; "
            f"{target.licence!r} can only cover your own part, the card carries Gemma's terms"
        )
    if len(files) > MANY_FILES:
        found.append(f"{len(files)} files: kagglehub packs more than {MANY_FILES} into one archive")
    if any(path.parent != out / FILES for path in files):
        found.append(
            "there are sub-folders, which `kaggle models variations create` leaves out unless "
            "--dir-mode is given; --upload keeps them"
        )
    return tuple(found)
