"""Pooled results of runs with the same settings and different seeds.

A single run shows the result of one seed. What the settings achieve is estimated from several, by
means over seeds and by intervals that account for all seeds having the same problems.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

from reasoning_train.evaluation.statistics import (
    Interval,
    PooledDifference,
    crossed_interval,
    crossed_share_interval,
    mean_interval,
    pooled_difference,
)
from reasoning_train.evaluation.wording import pooled_sentence
from reasoning_train.report.evaluations import STAGE_LABELS
from reasoning_train.report.load import RunView
from reasoning_train.report.results import (
    Cell,
    Entry,
    Quantity,
    TableRow,
    accuracy_quantity,
    couples,
    estimate,
    measures,
    quantities_of,
    refusal,
    shown_rows,
    wherever,
    written,
    written_range,
)
from reasoning_train.report.settings import flat_settings
from reasoning_train.run_dir.records import mapping

FREE = ("seed", "budget")
"""Settings that may differ between pooled runs."""


@dataclass(frozen=True, slots=True)
class SeedGroup:
    """Group of runs that differ only in their seed, and possibly their budget.

    Attributes:
        name: Letter and distinguishing settings of the group; empty if it is the only one.
        places: Indices of the runs on the page.
        seeds: Seed of each run; None if its settings cannot be read.
    """

    name: str
    places: tuple[int, ...]
    seeds: tuple[int | None, ...]

    @property
    def several(self) -> bool:
        """Whether the runs have at least two different seeds."""
        return len({seed for seed in self.seeds if seed is not None}) > 1


def seed_groups(runs: Sequence[RunView]) -> list[SeedGroup]:
    """Group runs by their settings, in order of first appearance."""
    kinds: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for place, run in enumerate(runs):
        # A run whose settings are unknown cannot be pooled with another.
        kind = _kind(run) if run.config else (("run", str(place)),)
        kinds.setdefault(kind, []).append(place)
    shared = set.intersection(*(set(kind) for kind in kinds))
    return [
        SeedGroup(
            _name(index, sorted(set(kind) - shared)) if len(kinds) > 1 else "",
            tuple(places),
            tuple(_seed(runs[place]) for place in places),
        )
        for index, (kind, places) in enumerate(kinds.items())
    ]


def _kind(run: RunView) -> tuple[tuple[str, str], ...]:
    held = {key: value for key, value in run.config.items() if key not in FREE}
    sha256 = mapping(mapping(run.manifest, "base_model"), "sha256")
    return (*flat_settings(held), *flat_settings(sha256, "base "))


def _name(index: int, differing: Sequence[tuple[str, str]]) -> str:
    letter = chr(ord("A") + index % 26)
    settings = ", ".join(f"{key} {value}" for key, value in differing[:2])
    if len(settings) > 48 or not settings:
        return letter
    return f"{letter} ({settings}{' …' if len(differing) > 2 else ''})"


def _seed(run: RunView) -> int | None:
    seed = run.config.get("seed")
    return seed if isinstance(seed, int) else None


@dataclass(frozen=True, slots=True)
class PooledPair:
    """Comparison of two evaluations over several seeds.

    Attributes:
        before: Label of the first evaluation.
        after: Label of the second evaluation.
        measure: `strict` or `lenient`.
        difference: Result of the test; None if the runs cannot be pooled.
        reason: Why they cannot be pooled.
        left_out: Names of runs that lack one of the evaluations.
        main: Whether this is the main comparison of the two evaluations.
    """

    before: str
    after: str
    measure: str
    difference: PooledDifference | None
    reason: str = ""
    left_out: tuple[str, ...] = ()
    main: bool = True

    @property
    def sentence(self) -> str:
        """Result in the words of `evaluation.wording`, with the runs that were left out."""
        if self.difference is None:
            return f"{self.after} − {self.before}: not pooled. {self.reason}"
        missing = f"; without {', '.join(self.left_out)}" if self.left_out else ""
        said = pooled_sentence(self.before, self.after, self.difference, points=True)
        return said + wherever(self.main, self.measure) + missing

    @property
    def certain(self) -> bool:
        """Whether the wider interval, over seeds and problems, excludes zero."""
        found = self.difference
        return found is not None and (
            found.crossed_interval.low > 0 or found.crossed_interval.high < 0
        )


@dataclass(frozen=True, slots=True)
class SeedResult:
    """Pooled result of several seeds.

    Attributes:
        group: The runs.
        problems: Number of held-out problems per evaluation, or the range of numbers.
        columns: Label, CSS class and number of runs of each evaluation.
        table: Means over the seeds; the `spread` of a cell is the range over the seeds.
        accuracies: Label, CSS class, mean accuracy, its interval, and the accuracy of each seed, of
            each evaluation.
        pairs: Comparisons between evaluations.
    """

    group: SeedGroup
    problems: str
    columns: tuple[tuple[str, str, int], ...]
    table: tuple[TableRow, ...]
    accuracies: tuple[tuple[str, str, float, Interval, tuple[float, ...]], ...]
    pairs: tuple[PooledPair, ...]


def pool(group: SeedGroup, entries: Sequence[Entry], names: Sequence[str]) -> SeedResult:
    """Pool the evaluations of a group.

    Args:
        group: Group of at least two runs.
        entries: Evaluations of all runs on the page.
        names: Name of each run on the page.
    """
    of_group = [e for e in entries if e.run in group.places]
    finished = [e for e in of_group if e.evaluation.summary is not None]
    by_name: dict[str, list[Entry]] = {}
    for entry in sorted(finished, key=_order):
        by_name.setdefault(entry.evaluation.name, []).append(entry)
    columns = list(by_name.values())
    quantities = quantities_of(finished)
    table = [
        TableRow(q.name, q.meaning, tuple(_cell(column, q) for column in columns))
        for q in quantities
    ]
    sizes = [len(e.evaluation.rows) for e in finished]
    return SeedResult(
        group,
        " to ".join(map(str, sorted({min(sizes, default=0), max(sizes, default=0)}))),
        tuple((c[0].evaluation.label, c[0].css, len(c)) for c in columns),
        tuple(shown_rows(table)),
        tuple(_accuracies(columns)),
        tuple(_pairs(group, finished, names)),
    )


def _order(entry: Entry) -> tuple[int, str, int]:
    name = entry.evaluation.name
    stages = list(STAGE_LABELS)
    return (stages.index(name) if name in stages else len(stages), name, entry.run)


def _cell(column: Sequence[Entry], quantity: Quantity) -> Cell:
    values = [v for e in column if (v := estimate(e.evaluation, quantity)[0]) is not None]
    if not values:
        return Cell()
    share, interval = quantity.share, _interval(column, quantity, values)
    return Cell(
        written(fmean(values), share),
        written_range(interval.low, interval.high, share) if interval.low < interval.high else "",
        _spread(values, share),
    )


def _spread(values: Sequence[float], share: bool) -> str:
    if len(values) == 1:
        return "1 seed"
    if len(set(values)) == 1:
        return "the same in all seeds"
    return f"seeds {written_range(min(values), max(values), share)}"


def _interval(column: Sequence[Entry], quantity: Quantity, values: Sequence[float]) -> Interval:
    """Return an interval over seeds and problems, or only over seeds if their problems differ."""
    by_problem = []
    for entry in column:
        read = {
            entry.held_out.key(row): quantity.of_row(row) if quantity.of_row else None
            for row in entry.evaluation.rows
        }
        by_problem.append({key: value for key, value in read.items() if value is not None})
    keys = by_problem[0].keys()
    same = len(by_problem) > 1 and len(keys) > 1 and all(v.keys() == keys for v in by_problem)
    if same:
        of_problems = [[float(held[key]) for key in keys] for held in by_problem]
        return (crossed_share_interval if quantity.share else crossed_interval)(of_problems)
    found = mean_interval(values)
    if not quantity.share:
        return found
    return Interval(max(found.low, 0.0), min(found.high, 1.0))


def _accuracies(
    columns: Iterable[Sequence[Entry]],
) -> Iterator[tuple[str, str, float, Interval, tuple[float, ...]]]:
    for column in columns:
        accuracy = accuracy_quantity(column[0].evaluation)
        values = [v for e in column if (v := estimate(e.evaluation, accuracy)[0]) is not None]
        if values:
            interval = _interval(column, accuracy, values)
            label, css = column[0].evaluation.label, column[0].css
            yield label, css, fmean(values), interval, tuple(values)


def _pairs(
    group: SeedGroup, finished: Sequence[Entry], names: Sequence[str]
) -> Iterator[PooledPair]:
    found: dict[tuple[str, str], list[tuple[Entry, Entry]]] = {}
    for place in group.places:
        for before, after in couples([e for e in finished if e.run == place]):
            key = (before.evaluation.name, after.evaluation.name)
            found.setdefault(key, []).append((before, after))
    seeds = dict(zip(group.places, group.seeds, strict=True))
    for couple in found.values():
        present = {after.run for _, after in couple}
        left_out = tuple(names[place] for place in group.places if place not in present)
        labels = (couple[0][0].evaluation.label, couple[0][1].evaluation.label)
        for measure in measures(*couple[0]):
            yield _pooled(labels, couple, [seeds[a.run] for _, a in couple], measure, left_out)


def between(first: SeedGroup, second: SeedGroup, entries: Sequence[Entry]) -> Iterator[PooledPair]:
    """Compare two groups, evaluation by evaluation, pairing the runs with the same seed.

    Nothing is yielded unless the groups have the same seeds, at least two.

    Args:
        first: First group.
        second: Second group.
        entries: Evaluations of all runs on the page.
    """
    sides = [dict(zip(g.seeds, g.places, strict=True)) for g in (first, second)]
    if None in sides[0] or len(sides[0]) < 2 or sides[0].keys() != sides[1].keys():
        return
    held = {(e.run, e.evaluation.name): e for e in entries if e.evaluation.summary is not None}
    for name in dict.fromkeys(e.evaluation.name for e in entries if e.evaluation.name != "base"):
        places = [(sides[0][seed], sides[1][seed]) for seed in sides[0]]
        couple = [
            (held[a, name], held[b, name])
            for a, b in places
            if (a, name) in held and (b, name) in held
        ]
        if len(couple) < len(places):
            continue
        label = couple[0][0].evaluation.label
        labels = (f"{label} of {first.name}", f"{label} of {second.name}")
        for measure in measures(*couple[0]):
            yield _pooled(labels, couple, list(sides[0]), measure, ())


def comparisons(groups: Sequence[SeedGroup], entries: Sequence[Entry]) -> list[PooledPair]:
    """Return the comparisons between every two groups on the page."""
    return [
        pair
        for first, second in combinations(groups, 2)
        for pair in between(first, second, entries)
    ]


def _pooled(
    labels: tuple[str, str],
    couple: Sequence[tuple[Entry, Entry]],
    seeds: Sequence[int | None],
    measure: str,
    left_out: tuple[str, ...],
) -> PooledPair:
    main = measure == measures(*couple[0])[0]
    known = [seed for seed in seeds if seed is not None]
    reason = ""
    if len(known) < len(seeds) or len(set(known)) < len(known):
        reason = f"The seeds are {', '.join(map(str, seeds))}; a repeated seed is not new evidence."
    elif len(known) < 2:
        reason = "Only one seed has both evaluations."
    rows: list[list[float]] = []
    first = couple[0][0].outcomes(measure)
    for before, after in couple:
        outcomes = before.outcomes(measure), after.outcomes(measure)
        reason = reason or refusal(before, after, *outcomes)
        reason = reason or refusal(couple[0][0], before, first, outcomes[0])
        if reason:
            return PooledPair(*labels, measure, None, reason, left_out, main)
        rows.append([float(outcomes[1][key]) - float(outcomes[0][key]) for key in first])
    return PooledPair(*labels, measure, pooled_difference(rows, known), "", left_out, main)
