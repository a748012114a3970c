"""Keeps the export that goes to the Hub, so that a repeated command finds it again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reasoning_export.card.provenance import FILE, Kind
from reasoning_export.errors import ExportError
from reasoning_export.files import folder_sha256, read_json
from reasoning_export.formats.exporters import EXPORTERS
from reasoning_export.formats.gguf import Precision, export_gguf
from reasoning_export.inputs.run_directory import Run
from reasoning_export.verification import verify


def stage_hub(run: Run, kind: Kind, precision: Precision, out: Path) -> None:
    """Export a run unless the folder already holds just this export.

    Args:
        run: The opened run.
        kind: The format of the export.
        precision: Of a GGUF file.
        out: A new or empty folder, or one that an earlier command left.

    Raises:
        ExportError: The run cannot be exported, or the folder holds something else.
    """
    if exported_before(out, run, kind):
        return
    if kind is Kind.GGUF:
        export_gguf(run.path, out, precision, base=run.base, wanted=run.wanted)
    else:
        EXPORTERS[kind](run.path, out, base=run.base, wanted=run.wanted)


def default_folder(run: Run, kind: Kind, precision: Precision) -> Path:
    """Where an export for the Hub is kept in its run, so that the same command finds it again.

    Args:
        run: The opened run.
        kind: The format of the export.
        precision: Of a GGUF file.
    """
    parts = ["hub", kind, *([precision] if kind is Kind.GGUF else [])]
    return run.path / "export" / "-".join([*parts, run.checkpoint.stage, str(run.checkpoint.step)])


def exported_before(out: Path, run: Run, kind: Kind) -> bool:
    """Whether a folder already holds this export of this checkpoint, whole and unchanged.

    Args:
        out: The folder.
        run: The run that would be exported.
        kind: The format of the export.

    Raises:
        ExportError: It holds another export, or one that has changed.
    """
    if not (out / FILE).is_file():
        return False
    record = read_json(out / FILE, "the record of an export")
    if record.get("kind") != kind or _digest(record) != folder_sha256(run.checkpoint.path):
        raise ExportError(
            f"{str(out)!r} holds another export (kind {record.get('kind')!r}, checkpoint "
            f"{_name(record)}); name another folder with --out"
        )
    verify(out)
    return True


def _checkpoint(record: Mapping[str, Any]) -> Mapping[str, Any]:
    checkpoint = record.get("checkpoint")
    return checkpoint if isinstance(checkpoint, dict) else {}


def _digest(record: Mapping[str, Any]) -> object:
    return _checkpoint(record).get("sha256")


def _name(record: Mapping[str, Any]) -> str:
    checkpoint = _checkpoint(record)
    return f"{checkpoint.get('stage')}/{checkpoint.get('step')}"
