"""`metrics.jsonl` as series: one for each stage and name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite, nan
from pathlib import Path

from reasoning_train.run_dir.records import Tally, as_number, iter_records, mapping, number, text


@dataclass(frozen=True, slots=True)
class Point:
    """One step of a stage: seconds since the run began, and its values by name."""

    step: int
    elapsed_s: float
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Metrics:
    """The steps of every stage, in order.

    Attributes:
        stages: Stage to its steps. Where a stage was begun again, what the broken-off try did from
            that step on is left out.
        restarts: Stage to the number of times it was begun again.
        skipped: Lines that could not be read.
    """

    stages: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    restarts: Mapping[str, int] = field(default_factory=dict)
    skipped: int = 0

    def names(self, stage: str) -> tuple[str, ...]:
        """What a stage measured, in the order of first appearance."""
        return tuple(dict.fromkeys(name for p in self.stages.get(stage, ()) for name in p.values))

    def series(self, stage: str, name: str) -> list[tuple[int, float]]:
        """Step and value, the values that are not finite among them."""
        points = self.stages.get(stage, ())
        return [(p.step, p.values[name]) for p in points if name in p.values]

    def non_finite(self, stage: str) -> dict[str, list[int]]:
        """Names with the steps at which they were NaN or infinite."""
        found: dict[str, list[int]] = {}
        for point in self.stages.get(stage, ()):
            for name, value in point.values.items():
                if not isfinite(value):
                    found.setdefault(name, []).append(point.step)
        return found


def read_metrics(path: Path) -> Metrics:
    """The metrics of a run; none if the file is not there yet."""
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
        # JSON has no word for NaN; a value that was not finite may have been written as null.
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
