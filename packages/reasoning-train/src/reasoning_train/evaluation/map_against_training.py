"""Whether training beats a map fitted afterwards: the baseline of every stated confidence."""

from collections.abc import Mapping
from typing import Any


def map_against_training(summaries: Mapping[str, Mapping[str, Any]]) -> str:
    """Compare SFT's confidences after an isotonic map with what GRPO's completions state.

    A map keeps the order, so its AUROC is that of what SFT's completions state. It does as well if
    that is not below the interval of GRPO's, and its ECE is no larger.

    Args:
        summaries: Evaluations by name.

    Returns:
        A sentence; empty where one of the two has no such figures.
    """
    started, trained = summaries.get("sft", {}), summaries.get("grpo", {})
    ece = (started.get("post_hoc") or {}).get("ece")
    auroc, interval = started.get("auroc"), trained.get("ci95", {}).get("auroc")
    trained_auroc, trained_ece = trained.get("auroc"), trained.get("ece")
    if ece is None or auroc is None or interval is None or trained_auroc is None:
        return ""
    low, high = interval
    equal = auroc >= low and ece <= trained_ece
    verdict = "does as well as training does" if equal else "does not do what training does"
    return (
        f"An isotonic map on SFT's confidences {verdict}: AUROC {auroc:.3f} and ECE {ece:.3f} "
        f"against AUROC {trained_auroc:.3f} ({low:.3f} to {high:.3f}) and ECE {trained_ece:.3f} of "
        "what GRPO's completions state."
    )
