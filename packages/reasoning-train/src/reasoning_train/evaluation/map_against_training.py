"""Whether training beats a map fitted afterwards: the baseline of every stated confidence."""

from collections.abc import Mapping
from typing import Any


def map_against_training(summaries: Mapping[str, Mapping[str, Any]]) -> str:
    """Compare SFT's confidences after an isotonic map with what GRPO's completions state.

    The map does as well if its AUROC is not below the interval of GRPO's, and its ECE is no larger.

    Args:
        summaries: Evaluations by name.

    Returns:
        A sentence; empty where one of the two has no such figures.
    """
    mapped: Mapping[str, Any] = summaries.get("sft", {}).get("post_hoc") or {}
    trained = summaries.get("grpo", {})
    interval = trained.get("ci95", {}).get("auroc")
    known: list[Any] = [found.get(key) for found in (mapped, trained) for key in ("auroc", "ece")]
    if interval is None or None in known:
        return ""
    auroc, ece, trained_auroc, trained_ece = known
    low, high = interval
    equal = auroc >= low and ece <= trained_ece
    verdict = "does as well as training does" if equal else "does not do what training does"
    return (
        f"An isotonic map on SFT's confidences {verdict}: AUROC {auroc:.3f} and ECE {ece:.3f} "
        f"against AUROC {trained_auroc:.3f} ({low:.3f} to {high:.3f}) and ECE {trained_ece:.3f} of "
        "what GRPO's completions state."
    )
