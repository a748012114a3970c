"""Content of a page as JSON, and summarised in a few lines for a terminal."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

from reasoning_train.report.evaluations import Evaluation
from reasoning_train.report.page import FEW_RUNS, Report
from reasoning_train.report.results import Pair
from reasoning_train.report.seeds import PooledPair
from reasoning_train.report.write import Written


def lines(report: Report) -> Iterator[str]:
    """Yield the verdicts, warnings and changes of accuracy, pooled if there are several seeds."""
    for judged in report.verdicts if len(report.runs) <= FEW_RUNS else ():
        if judged.said.headline:
            run = f"{judged.run}: " if len(report.runs) > 1 else ""
            yield f"{run}{' '.join((judged.said.headline, *judged.said.form))}"
    for finding in report.findings:
        run = f"{finding.run}: " if len(report.runs) > 1 else ""
        yield f"{finding.level.value:<8} {run}{finding.title}"
    pooled = [pair for result in report.seeds for pair in result.pairs]
    for pair in (*(pooled or report.pairs), *report.between):
        if pair.main:
            yield pair.sentence
    for found in report.further:
        yield from (f"{found.name}: {pair.sentence}" for pair in found.pairs if pair.main)


def as_dict(written: Written) -> dict[str, Any]:
    """Return the page's path and size, verdicts, warnings, metrics, tests and shown completions."""
    report = written.report
    said = {
        "report": str(written.path),
        "bytes": written.size,
        "runs": [
            {
                "run": str(run.root),
                "name": run.name,
                "finished": run.finished,
                "elapsed_s": run.elapsed_s,
                "steps": {stage: run.steps_made(stage) for stage in ("sft", "grpo")},
                "evaluations": [
                    _evaluation(entry.evaluation) for entry in report.entries if entry.run == index
                ],
            }
            for index, run in enumerate(report.runs)
        ],
        "verdicts": [
            {
                "run": judged.run,
                "headline": judged.said.headline,
                "form": list(judged.said.form),
                "serious": list(judged.said.serious),
            }
            for judged in report.verdicts
        ],
        "warnings": [
            {"level": f.level.value, "run": f.run, "title": f.title, "text": f.text}
            for f in report.findings
        ],
        "pairs": [_pair(pair) for pair in report.pairs],
        "pooled": [_pooled(pair) for result in report.seeds for pair in result.pairs],
        "between": [_pooled(pair) for pair in report.between],
        "differences": [
            {"setting": key, "values": list(values)} for key, *values in report.differences
        ],
        "browser": [
            {"title": p.title, "shown": len(p.items), "of": p.total, "drawn": p.drawn}
            for p in report.panels
        ],
    }
    return {key: _finite(value) for key, value in said.items()}


def _finite(value: Any) -> Any:
    """Replace NaN and infinities, which JSON does not have, by None."""
    if isinstance(value, Mapping):
        return {key: _finite(held) for key, held in value.items()}
    if isinstance(value, list):
        return [_finite(held) for held in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _evaluation(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "name": evaluation.name,
        "finished": evaluation.summary is not None,
        "predictions": len(evaluation.rows),
        "skipped_lines": evaluation.skipped,
        "hacked": sum(row.hacked for row in evaluation.rows),
        "summary": evaluation.summary,
    }


def _pair(pair: Pair) -> dict[str, Any]:
    found = pair.difference
    held: dict[str, Any] = {"before": pair.before, "after": pair.after, "measure": pair.measure}
    if found is None:
        return {**held, "refused": pair.reason}
    return {
        **held,
        "difference": found.difference,
        "ci95": [found.interval.low, found.interval.high],
        "p_value": found.p_value,
        "n": found.n,
        "gained": found.gained,
        "lost": found.lost,
        "sentence": pair.sentence,
    }


def _pooled(pair: PooledPair) -> dict[str, Any]:
    found = pair.difference
    held: dict[str, Any] = {
        "before": pair.before,
        "after": pair.after,
        "measure": pair.measure,
        "left_out": list(pair.left_out),
    }
    if found is None:
        return {**held, "refused": pair.reason}
    return {
        **held,
        "difference": found.difference,
        "seed95": [found.seed_interval.low, found.seed_interval.high],
        "crossed95": [found.crossed_interval.low, found.crossed_interval.high],
        "p_value": found.p_value,
        "n": found.n,
        "seeds": list(found.seeds),
        "per_seed": list(found.per_seed),
        "sentence": pair.sentence,
    }
