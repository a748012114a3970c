"""Reopens an export and checks that it is complete, unchanged and finite."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning_export.base_check import check_base, check_named_base
from reasoning_export.card.provenance import FILE, FORMAT, UNFINISHED, Kind
from reasoning_export.errors import ExportError
from reasoning_export.files import (
    check_digests,
    folder_files,
    folder_sha256,
    is_inner_path,
    read_json,
)
from reasoning_export.formats.config_and_tokenizer import check_rows, token_ids
from reasoning_export.formats.logit_check import check_probe
from reasoning_export.formats.lora_merge import check_finite
from reasoning_export.gemma.families import ModelShape
from reasoning_export.gemma.tensor_layout import sources
from reasoning_export.gemma.tokenizer import check_same, load_sentencepiece
from reasoning_export.inputs.base_model import check_tensors
from reasoning_export.inputs.checkpoint_finder import Checkpoint, Stage, Wanted, find_checkpoint
from reasoning_export.inputs.checkpoint_reader import CheckpointReader
from reasoning_export.kaggle.model_metadata import INSTANCE_FILE, MODEL_FILE, read_target
from reasoning_export.weights import WeightReader, open_tensors


@dataclass(frozen=True, slots=True)
class Verified:
    """The result of a verification: one line per passed check, and warnings."""

    kind: Kind
    checks: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def verify(out: Path, run: Path | None = None, base: Path | None = None) -> Verified:
    """Check everything in an export.

    Args:
        out: The export.
        run: A run directory; the export must then be of its newest checkpoint.
        base: A base model's folder; the export must then have been made from it.

    Raises:
        ExportError: With the first thing that is wrong.
    """
    if (out / MODEL_FILE).is_file():
        return _verify_staged(out, run, base)
    record = read_json(out / FILE, "the record of an export")
    if record.get("format") != FORMAT:
        raise ExportError(f"{FILE}: format {record.get('format')!r}; this version reads {FORMAT}")
    if record.get("kind") not in list(Kind):
        raise ExportError(f"{FILE}: kind {record.get('kind')!r} is none of {', '.join(Kind)}")
    kind = Kind(record["kind"])
    checks = [*_holds(record), _check_files(out, record), *CHECKS[kind](out, record)]
    warnings: list[str] = []
    if kind is Kind.ADAPTER:
        found = check_named_base(out, record)
        (checks if found.checked else warnings).append(found.line)
    if run is not None:
        checks.append(_check_newest(record, find_checkpoint(run, wanted_of(record))))
    if base is not None:
        checks.append(check_base(base, record))
    warnings += _notes(record)
    return Verified(kind, tuple(checks), tuple(warnings))


def _holds(record: Mapping[str, Any]) -> list[str]:
    source = record.get("checkpoint")
    held = source.get("holds") if isinstance(source, dict) else None
    return [f"it holds {held}"] if isinstance(held, str) else []


def _verify_staged(out: Path, run: Path | None, base: Path | None) -> Verified:
    verified = verify(out / "files", run, base)
    target = read_target(
        read_json(out / MODEL_FILE, "Kaggle's model metadata"),
        read_json(out / "files" / INSTANCE_FILE, "Kaggle's variation metadata"),
        verified.kind,
    )
    checks = (*verified.checks, f"Kaggle's rules are kept: {target.handle}")
    return Verified(verified.kind, checks, verified.warnings)


def _check_newest(record: Mapping[str, Any], newest: Checkpoint) -> str:
    source = record.get("checkpoint")
    made_from = source if isinstance(source, dict) else {}
    name = f"{newest.stage}/{newest.step}"
    if made_from.get("sha256") != folder_sha256(newest.path):
        raise ExportError(
            f"this export is stale: it was made from {made_from.get('stage')}/"
            f"{made_from.get('step')}, the run's newest checkpoint is {name} and differs; "
            "export again"
        )
    return f"it was made from the run's newest checkpoint, {name}"


def _notes(record: Mapping[str, Any]) -> list[str]:
    """Warnings for users of the export, from its record, the most serious first."""
    source = record.get("checkpoint")
    source = source if isinstance(source, dict) else {}
    found = [f"SERIOUS: {line}" for line in _lines(record.get("serious"))]
    found += [f"{line}; this export is older" for line in _lines(source.get("passed_over"))]
    return [*found, UNFINISHED] if source.get("finished") is False else found


def _lines(value: object) -> list[str]:
    return [str(line) for line in value] if isinstance(value, list) else []


def wanted_of(record: Mapping[str, Any]) -> Wanted:
    """The checkpoint that was requested when the export was made."""
    source = record.get("checkpoint")
    wanted = source.get("wanted") if isinstance(source, dict) else None
    stage, step = (wanted.get("stage"), wanted.get("step")) if isinstance(wanted, dict) else (0, 0)
    if stage not in list(Stage) or not isinstance(step, int | None):
        return Wanted()
    return Wanted(Stage(stage), step)


def _check_files(out: Path, record: Mapping[str, Any]) -> str:
    listed = record.get("files")
    if not isinstance(listed, dict) or not listed:
        raise ExportError(f"{FILE} lists no files")
    for path in out.rglob("*"):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise ExportError(f"{str(path)!r} is neither a file nor a folder; refused")
    digests = {}
    for name, entry in listed.items():
        if not is_inner_path(name):
            raise ExportError(f"{FILE} lists {name!r}, which leads out of the folder; refused")
        if not isinstance(entry, dict) or not isinstance(entry.get("sha256"), str):
            raise ExportError(f"{FILE}: files[{name!r}] is {entry!r}")
        digests[name] = entry["sha256"]
    check_digests(out, digests, FILE)
    if stray := sorted(set(folder_files(out)) - set(digests) - {FILE, INSTANCE_FILE}):
        raise ExportError(f"{str(out)!r} holds {stray[0]!r}, which {FILE} does not list")
    return f"{len(digests)} files have the SHA-256 of {FILE}"


def _check_safetensors(out: Path, record: Mapping[str, Any]) -> tuple[str, ...]:
    config = read_json(out / "config.json", "the model's configuration")
    shape = ModelShape.from_config(config)
    with WeightReader(out) as weights:
        specs = check_tensors(weights, shape)
        for spec in specs:
            check_finite(spec.name, weights.read(spec.name))
        probe = record.get("probe")
        if not isinstance(probe, dict):
            raise ExportError(f"{FILE} has no probe")
        agreement = check_probe(config, weights.read, probe)
    return (
        f"{len(specs)} tensors have the names and shapes of config.json, and finite values",
        agreement,
        _check_tokenizer(out, shape, record),
    )


def _check_adapter(out: Path, record: Mapping[str, Any]) -> tuple[str, ...]:
    config = read_json(out / "adapter_config.json", "the adapter's configuration")
    rank, lora = config.get("r"), record.get("lora")
    if not isinstance(lora, dict) or (rank, config.get("lora_alpha")) != (
        lora.get("rank"),
        lora.get("alpha"),
    ):
        raise ExportError(f"adapter_config.json and {FILE} differ in LoRA rank or alpha")
    tensors = open_tensors(out / "adapter_model.safetensors")
    halves = {"lora_A": 0, "lora_B": 1}
    for name, array in tensors.items():
        module, _, half = name.removesuffix(".weight").rpartition(".")
        other = f"{module}.{'lora_B' if half == 'lora_A' else 'lora_A'}.weight"
        if half not in halves or other not in tensors:
            raise ExportError(f"the adapter holds {name!r} without its other half")
        if array.ndim != 2 or array.shape[halves[half]] != rank:
            raise ExportError(f"{name} has shape {array.shape}; the adapter's rank is {rank}")
        check_finite(name, array)
    return (f"{len(tensors)} tensors of rank {rank} come in pairs, with finite values",)


def _check_orbax(out: Path, record: Mapping[str, Any]) -> tuple[str, ...]:
    folders = sorted(out.glob("actor/*/model_params"))
    if len(folders) != 1:
        raise ExportError(f"{str(out)!r} holds {len(folders)} folders actor/*/model_params, not 1")
    reader = CheckpointReader(folders[0])
    expected = record.get("parameters")
    if {name: list(size) for name, size in reader.shapes.items()} != expected:
        raise ExportError(f"the checkpoint's parameters are not those that {FILE} lists")
    for name in reader:
        check_finite(name, reader[name])
    return (f"Orbax restores {len(reader)} parameters with finite values",)


def _check_tokenizer(out: Path, shape: ModelShape, record: Mapping[str, Any]) -> str:
    """Check that `tokenizer.json` encodes like `tokenizer.model`; a base's own may differ.

    Gemma 3's text models come with one added piece that has no row: the placeholder of an image.
    """
    check_rows(out, shape.vocabulary)
    added = token_ids(out)
    without = [piece for piece, index in added.items() if index >= shape.vocabulary]
    note = f"; no row for {', '.join(map(repr, sorted(without)))}" if without else ""
    if not (out / "tokenizer.model").is_file():
        return f"the tokenizer opens and has {len(added)} pieces{note}"
    from tokenizers import Tokenizer  # type: ignore[import-untyped]

    base = record.get("base_model")
    of_base = isinstance(base, dict) and "tokenizer.json" in str(base.get("sha256"))
    try:
        check_same(
            load_sentencepiece(out / "tokenizer.model"),
            Tokenizer.from_file(str(out / "tokenizer.json")),
        )
    except ExportError as difference:
        if not of_base:
            raise
        return f"the base's own two tokenizers differ: {difference}{note}"
    return f"tokenizer.json encodes like tokenizer.model, and back{note}"


def _check_gguf(out: Path, record: Mapping[str, Any]) -> tuple[str, ...]:
    from reasoning_export.formats.gguf_layout import open_gguf

    files = sorted(out.glob("*.gguf"))
    config, probe = record.get("config"), record.get("probe")
    if len(files) != 1 or not isinstance(config, dict) or not isinstance(probe, dict):
        raise ExportError(f"{str(out)!r} needs one GGUF file, and {FILE} its config and probe")
    shape = ModelShape.from_config(config)
    tensor = open_gguf(files[0], shape)
    names = sources(shape)
    for name in names:
        check_finite(name, tensor(name))
    return (
        f"{len(names)} tensors have the names and shapes of the model, and finite values",
        check_probe(config, tensor, probe),
    )


Check = Callable[[Path, Mapping[str, Any]], tuple[str, ...]]

CHECKS: dict[Kind, Check] = {
    Kind.SAFETENSORS: _check_safetensors,
    Kind.ADAPTER: _check_adapter,
    Kind.ORBAX: _check_orbax,
    Kind.GGUF: _check_gguf,
}
