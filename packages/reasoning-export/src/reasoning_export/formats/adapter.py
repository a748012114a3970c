"""A run's LoRA as an adapter that Hugging Face's `peft` loads on the base model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from reasoning_export.card.card import write_card
from reasoning_export.card.provenance import Kind, write_provenance
from reasoning_export.files import staged
from reasoning_export.formats.config_and_tokenizer import write_json, write_tokenizer
from reasoning_export.formats.lora_merge import read_lora
from reasoning_export.gemma.tensor_layout import LoraFactors
from reasoning_export.inputs.base_model import open_base
from reasoning_export.inputs.checkpoint_finder import Wanted
from reasoning_export.inputs.run_directory import Lora, Run
from reasoning_export.verification import verify

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
PREFIX = "base_model.model."


def export_adapter(
    run: Path, out: Path, *, base: Path | None = None, wanted: Wanted | None = None
) -> Path:
    """Export a checkpoint's LoRA, not merged, and the tokenizer with its chat template.

    Returns:
        `out`.

    Raises:
        ExportError: The run has no LoRA, or run, base or `out` cannot be used; nothing is left.
    """
    opened = Run.open(run, base, wanted)
    with staged(out) as folder:
        with open_base(opened) as model:
            updates = read_lora(opened, model)
            layers = model.shape.layers
        assert opened.lora is not None
        tensors = {}
        for name, update in updates.items():
            module = PREFIX + name.removesuffix(".weight")
            tensors[f"{module}.lora_A.weight"] = update.a
            tensors[f"{module}.lora_B.weight"] = update.b
        save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
        write_json(folder / CONFIG, _config(opened, opened.lora, updates, layers))
        write_tokenizer(folder, opened.base)
        write_card(folder, opened, Kind.ADAPTER)
        write_provenance(folder, opened, Kind.ADAPTER)
        verify(folder)
    return out


def _config(
    run: Run, lora: Lora, updates: Mapping[str, LoraFactors], layers: int
) -> dict[str, Any]:
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
        "target_modules": target_modules(list(updates), layers),
    }


def target_modules(names: list[str], layers: int) -> list[str]:
    """`q_proj` and the like where every layer has it, else full names; peft takes both."""
    modules = [name.removesuffix(".weight") for name in names]
    kinds, counts = np.unique([module.rsplit(".", 1)[1] for module in modules], return_counts=True)
    if (counts == layers).all():
        return [str(kind) for kind in kinds]
    return sorted(modules)
