"""Exports a run's LoRA as an adapter for Hugging Face's `peft`."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from safetensors.numpy import save_file

from reasoning_export.card.card import write_card
from reasoning_export.card.provenance import Kind, write_provenance
from reasoning_export.files import staged, write_json
from reasoning_export.formats.config_and_tokenizer import write_tokenizer
from reasoning_export.formats.lm_eval_task import write_task
from reasoning_export.formats.lora_merge import read_lora
from reasoning_export.gemma.families import ModelShape
from reasoning_export.inputs.base_model import open_base
from reasoning_export.inputs.checkpoint_finder import Wanted
from reasoning_export.inputs.run_directory import Lora, Run
from reasoning_export.verification import verify

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
PREFIX = "base_model.model."
TEXT, TEXT_IN_MULTIMODAL = "model.", "model.language_model."
"""Where `transformers` keeps the text model, alone and within a model that also reads images."""


def export_adapter(
    run: Path, out: Path, *, base: Path | None = None, wanted: Wanted | None = None
) -> Path:
    """Export a checkpoint's LoRA unmerged, with the tokenizer and its chat template.

    Args:
        run: The run directory.
        out: A folder that does not exist yet or is empty.
        base: The base model's folder, if it has moved since training.
        wanted: The checkpoint to export; by default the best one by validation.

    Returns:
        `out`.

    Raises:
        ExportError: The run has no LoRA, or run, base or `out` cannot be used; nothing is left.
    """
    opened = Run.open(run, base, wanted)
    with staged(out) as folder:
        with open_base(opened) as model:
            updates = {
                _module(name, multimodal=model.multimodal): update
                for name, update in read_lora(opened, model).items()
            }
            targets = list(updates) if model.multimodal else target_modules(updates, model.shape)
        assert opened.lora is not None
        tensors = {}
        for module, update in updates.items():
            tensors[f"{PREFIX}{module}.lora_A.weight"] = update.a
            tensors[f"{PREFIX}{module}.lora_B.weight"] = update.b
        save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
        write_json(folder / CONFIG, _config(opened, opened.lora, targets))
        write_task(folder, opened, model.config)
        write_tokenizer(folder, opened.base)
        write_card(folder, opened, Kind.ADAPTER)
        write_provenance(folder, opened, Kind.ADAPTER)
        verify(folder)
    return out


def _module(weight: str, *, multimodal: bool) -> str:
    module = weight.removesuffix(".weight")
    return TEXT_IN_MULTIMODAL + module.removeprefix(TEXT) if multimodal else module


def _config(run: Run, lora: Lora, targets: list[str]) -> dict[str, Any]:
    alpha = int(lora.alpha) if float(lora.alpha).is_integer() else lora.alpha
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        # What was really loaded: `peft` takes a folder where the hub does not have these weights.
        "base_model_name_or_path": run.base_id or str(run.base.resolve()),
        "revision": run.base_revision if run.base_id else None,
        "r": lora.rank,
        "lora_alpha": alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": False,
        "use_rslora": False,
        "inference_mode": True,
        "target_modules": targets,
    }


def target_modules(modules: Iterable[str], shape: ModelShape) -> list[str]:
    """Short names such as `q_proj` if every layer has each of them, else the full names."""
    modules = sorted(modules)
    kinds = Counter(module.rsplit(".", 1)[1] for module in modules)
    return sorted(kinds) if set(kinds.values()) == {shape.layers} else modules
