"""Results of a probe, as a table or as JSON."""

import json
from collections.abc import Sequence

from reasoning_rewards.attacks import ProbeResult
from reasoning_rewards.table_output import print_table


def print_probe(results: Sequence[ProbeResult], title: str, *, as_json: bool) -> int:
    """Print the results to stdout and return how many cases are violated.

    Args:
        results: Results of `probe`.
        title: Title of the table.
        as_json: Print one JSON object instead of the table.
    """
    violated = sum(bool(result.problem) for result in results)
    if as_json:
        cases = [_record(result) for result in results]
        print(json.dumps({"n": len(results), "violated": violated, "cases": cases}))
        return violated
    rows = [(r.case.name, f"{r.total:.3f}", f"{r.honest:.3f}", r.problem or "ok") for r in results]
    print_table(title, ("case", "reward", "honest", "verdict"), rows)
    print(f"{violated} of {len(results)} violated")
    return violated


def _record(result: ProbeResult) -> dict[str, object]:
    return {
        "name": result.case.name,
        "expected": result.case.expected.value,
        "total": result.total,
        "honest": result.honest,
        "seconds": result.seconds,
        "problem": result.problem,
    }
