"""Exports a run's trained parameters as an Orbax folder that Tunix restores.

The layout is `actor/<step>/model_params`, whatever stage the parameters come from, for it is where
such checkpoints are looked for.
"""

import shutil
from pathlib import Path

from reasoning_export.card.card import write_card
from reasoning_export.card.provenance import Kind, write_provenance
from reasoning_export.files import staged
from reasoning_export.formats.lora_merge import check_finite
from reasoning_export.gemma.tunix_shapes import check_shapes, full_shapes, lora_shapes
from reasoning_export.inputs.base_model import open_base
from reasoning_export.inputs.checkpoint_finder import Wanted
from reasoning_export.inputs.checkpoint_reader import CheckpointReader
from reasoning_export.inputs.run_directory import Run
from reasoning_export.verification import verify


def export_orbax(
    run: Path, out: Path, *, base: Path | None = None, wanted: Wanted | None = None
) -> Path:
    """Copy a checkpoint to `out/actor/<step>/model_params`.

    Returns:
        `out`.

    Raises:
        ExportError: The run, its base or `out` cannot be used; nothing is left behind.
    """
    opened = Run.open(run, base, wanted)
    with staged(out) as folder:
        with open_base(opened) as model:
            shape = model.shape
        reader = CheckpointReader(opened.checkpoint.path)
        if opened.lora is None:
            check_shapes(reader.shapes, full_shapes(shape))
        else:
            check_shapes(reader.shapes, lora_shapes(shape, opened.lora.rank), partial=True)
        for name in reader:
            check_finite(name, reader[name])
        target = folder / "actor" / str(opened.checkpoint.step) / "model_params"
        shutil.copytree(opened.checkpoint.path, target)
        write_card(folder, opened, Kind.ORBAX)
        shapes = {name: list(size) for name, size in reader.shapes.items()}
        write_provenance(folder, opened, Kind.ORBAX, {"parameters": shapes})
        verify(folder)
    return out
