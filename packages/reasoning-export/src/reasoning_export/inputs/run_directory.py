"""Opens a run directory and validates its manifest."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from reasoning_export.errors import ExportError
from reasoning_export.files import MAX_PATH, plain_name, read_json
from reasoning_export.inputs.checkpoint_finder import Checkpoint, Wanted, find_checkpoint

FORMAT = 1
STATE = "state.json"
DONE = {"actor": "grpo", "sft": "sft"}
"""What the run's state calls a stage of training that is over, by its folder of checkpoints."""
HUB = "hub"
"""What the manifest calls the Hugging Face hub as a base's source."""
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
MAX_RANK = 4096


@dataclass(frozen=True, slots=True)
class Lora:
    """The configuration of LoRA, whose update is scaled by `alpha / rank`."""

    rank: int
    alpha: float


@dataclass(frozen=True, slots=True)
class Run:
    """An opened run directory.

    Attributes:
        path: The directory.
        base: Folder of the base model in Hugging Face layout.
        base_name: What the base model is called.
        base_sha256: SHA-256 of files in `base`, by file name.
        base_id: `owner/name` on the Hugging Face hub, if the base was loaded from there.
        base_revision: The commit of `base_id`, or the version at another source.
        lora: None after training all weights.
        manifest: Everything the manifest says.
        checkpoint: The one that is asked for.
        wanted: What was asked for.
        finished: Whether the stage that wrote it is over; None where the run does not say.
    """

    path: Path
    base: Path
    base_name: str
    base_sha256: Mapping[str, str]
    base_id: str | None
    base_revision: str | None
    lora: Lora | None
    manifest: Mapping[str, Any]
    checkpoint: Checkpoint
    wanted: Wanted
    finished: bool | None

    @classmethod
    def open(
        cls, path: Path, base_folder: Path | None = None, wanted: Wanted | None = None
    ) -> Self:
        """Read the manifest and find a checkpoint.

        Args:
            path: The run directory.
            base_folder: Where the base model lies, if not where the manifest says.
            wanted: Which checkpoint; by default the best one by validation.

        Raises:
            ExportError: The directory is not a run with a checkpoint, or its manifest is invalid.
        """
        manifest = read_json(path / "manifest.json", "the run's manifest")
        if manifest.get("format") != FORMAT:
            raise ExportError(
                f"manifest.json: format is {manifest.get('format')!r}; this version reads {FORMAT}"
            )
        base = _table(manifest, "base_model")
        wanted = wanted or Wanted()
        checkpoint = find_checkpoint(path, wanted)
        return cls(
            path=path,
            base=_base_folder(path, base, base_folder),
            base_name=_text(base, "base_model.name", "name"),
            base_sha256=_sha256(base),
            base_id=_hub_id(base),
            base_revision=_optional(base, "revision"),
            lora=_lora(manifest),
            manifest=manifest,
            checkpoint=checkpoint,
            wanted=wanted,
            finished=_finished(path, checkpoint),
        )

    @property
    def instructions(self) -> str:
        """The instructions that precede the question in the user's turn; may be empty."""
        return self._style("instructions")

    @property
    def stop(self) -> str:
        """The token that ends a completion, as in training; empty where none is recorded."""
        return self._style("stop")

    def _style(self, key: str) -> str:
        style = self.manifest.get("prompt_style")
        text = style.get(key) if isinstance(style, dict) else None
        return text if isinstance(text, str) else ""


def _finished(run: Path, checkpoint: Checkpoint) -> bool | None:
    if not (run / STATE).is_file():
        return None
    done = read_json(run / STATE, "the run's state").get("done")
    if not isinstance(done, list):
        raise ExportError(f"{STATE}: done is {done!r:.200}; it must be a list of stages")
    return DONE[checkpoint.stage] in done


def _base_folder(run: Path, base: Mapping[str, Any], override: Path | None) -> Path:
    text = _text(base, "base_model.path", "path")
    folder = override or run / text
    leaves = not folder.resolve().is_relative_to(run.resolve())
    if override is None and not Path(text).is_absolute() and leaves:
        raise ExportError(f"manifest.json: base_model.path {text!r} leaves the run directory")
    if not (folder / "config.json").is_file():
        raise ExportError(
            f"the base model is not at {str(folder)!r} (no config.json there); "
            "put it back, or name its folder with --base"
        )
    if not leaves:
        _check_inside(run, folder)
    return folder


def _check_inside(run: Path, folder: Path) -> None:
    """Refuse links that lead out of a base model inside the run directory."""
    for entry in folder.rglob("*"):
        if not entry.resolve().is_relative_to(run.resolve()):
            raise ExportError(f"{str(entry)!r} is a link out of the run directory; refused")


def _sha256(base: Mapping[str, Any]) -> dict[str, str]:
    table = _table(base, "sha256")
    for name, digest in table.items():
        plain_name(name, "manifest.json: base_model.sha256")
        if not isinstance(digest, str) or len(digest) != 64:
            raise ExportError(f"manifest.json: base_model.sha256[{name!r}] is {digest!r}")
    return table


def _hub_id(base: Mapping[str, Any]) -> str | None:
    """The Hugging Face id of the base; None if it came from another source."""
    found = _optional(base, "id")
    if found is None or base.get("source") != HUB:
        return None
    if not HUB_ID.fullmatch(found):
        raise ExportError(f"manifest.json: base_model.id is {found!r}; it must be owner/name")
    return found


def _optional(base: Mapping[str, Any], key: str) -> str | None:
    return None if base.get(key) is None else _text(base, f"base_model.{key}", key)


def _lora(manifest: Mapping[str, Any]) -> Lora | None:
    training = manifest.get("training")
    if training == "full":
        return None
    if training != "lora":
        raise ExportError(f"manifest.json: training is {training!r}; it must be 'lora' or 'full'")
    table = _table(manifest, "lora")
    rank, alpha = table.get("rank"), table.get("alpha")
    if not isinstance(rank, int) or isinstance(rank, bool) or not 0 < rank <= MAX_RANK:
        raise ExportError(f"manifest.json: lora.rank is {rank!r}; it must be 1 to {MAX_RANK}")
    if not isinstance(alpha, int | float) or not math.isfinite(alpha):
        raise ExportError(f"manifest.json: lora.alpha is {alpha!r}; it must be a number")
    return Lora(rank, float(alpha))


def _table(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = values.get(key)
    if not isinstance(value, dict):
        raise ExportError(f"manifest.json: {key} is {value!r}; it must be an object")
    return value


def _text(values: Mapping[str, Any], name: str, key: str) -> str:
    value = values.get(key)
    if not isinstance(value, str) or not value or not value.isprintable() or len(value) > MAX_PATH:
        raise ExportError(f"manifest.json: {name} is {value!r:.200}; it must be a line of text")
    return value
