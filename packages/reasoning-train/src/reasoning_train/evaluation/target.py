"""What `reasoning-train evaluate` is pointed at: a run, a folder of weights, or a model's name."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from reasoning_data.rendering import STYLES, PromptStyle, get_style
from reasoning_export import Checkpoint, ExportError, Stage, Wanted, find_checkpoint
from reasoning_export.gemma.families import text_config
from reasoning_train.clock.budget import Clock
from reasoning_train.config import RunConfig, load_config
from reasoning_train.context import RunContext
from reasoning_train.engine.generation import Generator, Lengths
from reasoning_train.engine.mesh import make_mesh
from reasoning_train.engine.model import load_base
from reasoning_train.errors import UserError
from reasoning_train.evaluation.evaluator import Subject
from reasoning_train.evaluation.post_hoc import ConfidenceMap
from reasoning_train.models import MODELS, BaseModelFiles, locate_base
from reasoning_train.models.run_base import check_same_base, weights_of_run
from reasoning_train.models.stop_token import known_stop
from reasoning_train.models.tokenizer import Tokenizer
from reasoning_train.run_dir.directory import RunDir, is_whole, numbered

CHECKPOINTS = {"base": None, "sft": "sft", "grpo": "actor"}
"""Stage that is evaluated → folder of its checkpoints."""


@dataclass(frozen=True, slots=True)
class Source:
    """A run with its settings."""

    run: RunDir
    config: RunConfig


@dataclass(frozen=True, slots=True)
class Target:
    """A model that can be evaluated, not loaded yet.

    Attributes:
        name: What its evaluation is called.
        subject: What it is.
        base: Files of the base model, or of the whole model.
        source: The run it comes from; None for other models.
        model_params: Checkpoint to restore; None for a model as it is.
        notes: What to say of it before it is used.
        style: How it is asked: as it was trained where that is recorded, else as Gemma's own chats.
            None for a record that this version cannot read.
        confidence_map: What its stated confidences turned out to be worth; None where nobody knows.
    """

    name: str
    subject: Subject
    base: BaseModelFiles
    source: Source | None = None
    model_params: Path | None = None
    notes: tuple[str, ...] = ()
    style: PromptStyle | None = STYLES["gemma"]
    confidence_map: ConfidenceMap | None = None

    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer, with the stop token that it was trained on or can know."""
        stop = self.style.stop if self.source and self.style else ""
        return Tokenizer(self.base.tokenizer, stop or known_stop(self.base.folder))

    def generator(self, lengths: Lengths, dtype: str, console: Console) -> Generator:
        """Load the weights and make a generator for prompts and completions of such lengths."""
        if self.source is None or self.model_params is None:
            mesh = make_mesh()
            model = load_base(self.base.folder, dtype=dtype, remat=False, mesh=mesh)
            return Generator(model, self.tokenizer(), lengths, mesh)
        section = self.source.config.model.model_copy(update={"dtype": dtype})
        config = self.source.config.model_copy(update={"model": section})
        context = RunContext(config, self.base, self.source.run, Clock(), console)
        context.restore(self.model_params)
        return Generator(context.model, context.tokenizer, lengths, context.mesh)


def open_target(text: str, stage: str = "", step: int | None = None) -> Target:
    """Find what the text names.

    Args:
        text: A run directory, a model folder, or a name that `locate_base` knows.
        stage: Of a run: `base`, `sft` or `grpo`; the last one that has weights if empty.
        step: Of that stage; the newest checkpoint that can be read whole if None.

    Raises:
        UserError: There is nothing of the kind, or its files are not whole.
    """
    path = Path(text)
    if (path / "config.toml").is_file():
        return _of_run(RunDir(path), stage, step)
    if stage or step is not None:
        raise UserError(
            f"--stage and --step are for run directories; {text!r} is none (no config.toml)"
        )
    if (path / "config.json").is_file():
        return _of_folder(path)
    if text in MODELS:
        base = locate_base(text)
        return Target(text, Subject(text, None, weights=_digest_of(base)), base)
    raise UserError(
        f"{text!r} is neither a run directory (config.toml) nor a folder of merged weights "
        f"(config.json, *.safetensors) nor a model's name ({', '.join(MODELS)})"
    )


def _of_run(run: RunDir, stage: str, step: int | None) -> Target:
    config = load_config(file=run.config)
    base = locate_base(config.model.name, weights_of_run(run.manifest, config.model.weights))
    check_same_base(run.manifest, base)
    stage = stage or _last_stage(run)
    checkpoint = _whole_checkpoint(run, stage, step)
    model_params = checkpoint.path if checkpoint else None
    subject = Subject(
        base.name,
        config.seed,
        checkpoint_name(model_params),
        weights=f"{_digest_of(base)}:{weights_digest(model_params)}",
    )
    account = _read_json(run.manifest) if run.manifest.is_file() else {}
    style = _style(account, get_style(config.data.style, config.data.confidence))
    fitted = _map_of_run(run, stage, subject.checkpoint)
    notes = _passed_over(checkpoint)
    return Target(stage, subject, base, Source(run, config), model_params, notes, style, fitted)


def _map_of_run(run: RunDir, stage: str, checkpoint: str) -> ConfidenceMap | None:
    """The post-hoc map of a stage's evaluation, if that was of this checkpoint."""
    path = run.evaluation / f"{stage}.json"
    summary = _read_json(path) if path.is_file() else {}
    return (
        ConfidenceMap.read(summary.get("post_hoc"))
        if checkpoint == summary.get("checkpoint")
        else None
    )


def _last_stage(run: RunDir) -> str:
    for stage, folder in reversed(CHECKPOINTS.items()):
        if folder and any(map(is_whole, numbered(run.checkpoints / folder))):
            return stage
    return "base"


def _whole_checkpoint(run: RunDir, stage: str, step: int | None) -> Checkpoint | None:
    """The checkpoint that is asked for, else the newest that can be read whole; None for the base.

    Raises:
        UserError: There is none.
    """
    if CHECKPOINTS[stage] is None:
        if step is not None:
            raise UserError(f"--step {step}: the base has no checkpoints")
        return None
    if step is None:
        run.newest_step(str(CHECKPOINTS[stage]))
    try:
        wanted = Stage.SFT if stage == "sft" else Stage.BEST
        return find_checkpoint(run.root, Wanted(wanted, step))
    except ExportError as error:
        raise UserError(str(error)) from error


def _passed_over(checkpoint: Checkpoint | None) -> tuple[str, ...]:
    if checkpoint is None:
        return ()
    taken = f"{checkpoint.stage}/{checkpoint.step}"
    return tuple(f"{line}: {taken}, an older one, is used" for line in checkpoint.passed_over)


def newest_checkpoint(run: RunDir, stage: str) -> Path | None:
    """`model_params` of the checkpoint that a stage left; None for the base."""
    folder = CHECKPOINTS[stage]
    return run.newest_step(folder) if folder else None


def checkpoint_name(model_params: Path | None) -> str:
    """`actor/30` for `…/actor/30/model_params`; empty for the base."""
    if model_params is None:
        return ""
    return f"{model_params.parent.parent.name}/{model_params.parent.name}"


def weights_digest(model_params: Path | None) -> str:
    """SHA-256 over a checkpoint's files, so that other weights of the same step are seen."""
    digest = hashlib.sha256()
    files = sorted(p for p in model_params.rglob("*") if p.is_file()) if model_params else []
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest() if files else ""


def _of_folder(folder: Path) -> Target:
    kind = text_config(_read_json(folder / "config.json")).get("model_type")
    known = next((name for name, model in MODELS.items() if model.architecture == kind), None)
    if known is None:
        kinds = ", ".join(sorted({model.architecture for model in MODELS.values()}))
        raise UserError(f"{str(folder)!r} holds a {kind!r} model; supported: {kinds}")
    name = folder.resolve().name
    base = replace(locate_base(known, str(folder)), name=name)
    exported = folder / "export.json"
    account = _read_json(exported) if exported.is_file() else {}
    checkpoint = account.get("checkpoint", {})
    subject = Subject(
        account.get("base_model", {}).get("name", name),
        account.get("seed"),
        f"{checkpoint['stage']}/{checkpoint['step']}" if checkpoint else "",
        weights=_digest_of(base),
    )
    fitted = ConfidenceMap.read(account.get("confidence_map"))
    style = _style(account, STYLES["gemma"])
    return Target(name, subject, base, style=style, confidence_map=fitted)


def _style(account: Mapping[str, Any], unrecorded: PromptStyle) -> PromptStyle | None:
    """The prompt style that a manifest or `export.json` records: later defaults differ."""
    recorded = account.get("prompt_style")
    if not recorded:
        return unrecorded
    try:
        return PromptStyle(**recorded)
    except TypeError:
        return None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"cannot read {str(path)!r}: {error}") from error
    if not isinstance(values, dict):
        raise UserError(f"{str(path)!r} is no JSON object")
    return values


def _digest_of(base: BaseModelFiles) -> str:
    text = json.dumps(base.sha256, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
