"""The map from stated confidences to shares of right answers that the trainer fitted afterwards."""

from typing import Any

from reasoning_export.files import read_json
from reasoning_export.inputs.run_directory import Run

STAGES = {"sft": "sft", "actor": "grpo"}
"""Stage of a checkpoint to the name of its evaluation."""
KEYS = ("method", "fitted_on", "n", "stated", "share")


def confidence_map(run: Run) -> dict[str, Any] | None:
    """Return the map of the exported checkpoint's evaluation; None where none was fitted.

    `stated` and `share` are the knots of a non-decreasing function, linear in between.

    Raises:
        ExportError: The evaluation is not what it should be.
    """
    checkpoint = run.checkpoint
    path = run.path / "evaluation" / f"{STAGES.get(checkpoint.stage, checkpoint.stage)}.json"
    if not path.is_file():
        return None
    summary = read_json(path, "an evaluation")
    fitted = summary.get("post_hoc")
    same = summary.get("checkpoint") == f"{checkpoint.stage}/{checkpoint.step}"
    if not same or not isinstance(fitted, dict) or not fitted.get("stated"):
        return None
    return {key: fitted.get(key) for key in KEYS}
