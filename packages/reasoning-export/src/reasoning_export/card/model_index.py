"""The figures that the Hub shows beside a card: `model-index` in its header."""

import math
from typing import Any

from reasoning_export.card.training_data import data_sources
from reasoning_export.files import read_json
from reasoning_export.inputs.run_directory import Run

EVALUATIONS = {"actor": "grpo", "sft": "sft"}
"""The evaluation of the weights in a folder of checkpoints."""
METRICS = {
    "accuracy": ("accuracy", "accuracy, answer in its tags"),
    "accuracy_lenient": ("accuracy", "accuracy, answer anywhere"),
    "well_formed": ("well_formed", "completions in the schema"),
}
"""By the name of a figure in the evaluation: the metric's type and its words."""


def model_index(run: Run) -> list[dict[str, Any]]:
    """The evaluation of the exported weights as the Hub's `model-index`; empty without one.

    An evaluation of another checkpoint than the exported one says nothing about the export.

    Raises:
        ExportError: The evaluation or the data's manifest is not what it should be.
    """
    path = run.path / "evaluation" / f"{EVALUATIONS[run.checkpoint.stage]}.json"
    if not path.is_file():
        return []
    found = read_json(path, "an evaluation")
    if found.get("checkpoint") != f"{run.checkpoint.stage}/{run.checkpoint.step}":
        return []
    metrics = [
        {"type": kind, "name": f"{words} (n = {found.get('n')})", "value": round(value, 4)}
        for key, (kind, words) in METRICS.items()
        if isinstance(value := found.get(key), float) and math.isfinite(value)
    ]
    if not metrics:
        return []
    result = {
        "task": {"type": "text-generation", "name": "Reasoning"},
        "dataset": _dataset(run),
        "metrics": metrics,
    }
    return [{"name": f"{run.base_name} reasoning", "results": [result]}]


def _dataset(run: Run) -> dict[str, str]:
    """The held-out problems: a data set of the Hub where all of them are from one."""
    sources = data_sources(run)
    names = ", ".join(dict.fromkeys(x.hub_id or x.name for x in sources)) or "not recorded"
    hub_ids = {source.hub_id for source in sources}
    only = hub_ids.pop() if len(hub_ids) == 1 else None
    return {"type": only or "held-out", "name": f"held-out problems of {names}"}
