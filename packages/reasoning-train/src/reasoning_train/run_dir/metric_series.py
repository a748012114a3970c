"""Reader of `metrics.jsonl` as one series per stage and metric."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite, nan
from pathlib import Path

from reasoning_train.run_dir.records import Tally, as_number, iter_records, mapping, number, text


@dataclass(frozen=True, slots=True)
class Point:
    """Step of a stage with the seconds used by the run so far, and its values by name."""

    step: int
    elapsed_s: float
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Metrics:
    """Metrics of every stage.

    Attributes:
        stages: Steps of each stage, in order. If a restart repeated steps, only the repetitions are
            included.
        restarts: Number of restarts of each restarted stage.
        skipped: Number of unreadable lines.
    """

    stages: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    restarts: Mapping[str, int] = field(default_factory=dict)
    skipped: int = 0

    def names(self, stage: str) -> tuple[str, ...]:
        """Return the metrics of a stage, in the order of their first appearance."""
        return tuple(dict.fromkeys(name for p in self.stages.get(stage, ()) for name in p.values))

    def series(self, stage: str, name: str) -> list[tuple[int, float]]:
        """Return the steps of a metric with their values, including those that are not finite."""
        points = self.stages.get(stage, ())
        return [(p.step, p.values[name]) for p in points if name in p.values]

    def non_finite(self, stage: str) -> dict[str, list[int]]:
        """Return the steps at which each metric was NaN or infinite, by metric."""
        found: dict[str, list[int]] = {}
        for point in self.stages.get(stage, ()):
            for name, value in point.values.items():
                if not isfinite(value):
                    found.setdefault(name, []).append(point.step)
        return found


def read_metrics(path: Path) -> Metrics:
    """Read the metrics of a run; empty if the file does not exist yet."""
    if not path.is_file():
        return Metrics()
    tally = Tally()
    stages: dict[str, list[Point]] = {}
    restarts: dict[str, int] = {}
    for record in iter_records(path, tally):
        step, stage = number(record, "step"), text(record, "stage")
        if step is None or not isfinite(step) or not stage:
            tally.skipped += 1
            continue
        # JSON has no NaN, so values that are not finite are written as null.
        values = {
            prefix + str(name): value
            for key, prefix in (("values", ""), ("machine", "machine/"))
            for name, raw in mapping(record, key).items()
            if (value := nan if raw is None else as_number(raw)) is not None
        }
        elapsed = number(record, "elapsed_s")
        points = stages.setdefault(stage, [])
        if points and step <= points[-1].step:
            restarts[stage] = restarts.get(stage, 0) + 1
            while points and points[-1].step >= step:
                points.pop()
        points.append(
            Point(int(step), elapsed if elapsed is not None and isfinite(elapsed) else 0.0, values)
        )
    return Metrics({s: tuple(p) for s, p in stages.items()}, restarts, tally.skipped)
