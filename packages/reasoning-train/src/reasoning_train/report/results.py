"""Table of the metrics of all evaluations, and paired tests between evaluations."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import isfinite
from statistics import fmean
from typing import Any

from reasoning_train.evaluation.statistics import (
    PairedDifference,
    bounded_mean_interval,
    mean_interval,
    paired_difference,
    wilson,
)
from reasoning_train.evaluation.wording import sentence
from reasoning_train.report.evaluations import COMPONENTS, STAGE_LABELS, Evaluation, Row
from reasoning_train.report.held_out import HeldOut
from reasoning_train.report.verdicts import best_of
from reasoning_train.run_dir.records import as_number, mapping

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Entry:
    """Evaluation on a page.

    Attributes:
        run: Index of its run.
        label: Name to show.
        css: CSS classes of its marks.
        evaluation: The evaluation.
        held_out: The problems that it was made on.
    """

    run: int
    label: str
    css: str
    evaluation: Evaluation
    held_out: HeldOut

    def outcomes(self, measure: str) -> dict[str, bool]:
        """Map each problem to whether it is solved, leaving out problems without a value.

        `measure` is `strict` or `lenient`.
        """
        found = {}
        for row in self.evaluation.rows:
            right = row.correct if measure == "strict" else row.lenient
            if right is not None:
                found[self.held_out.key(row)] = right
        return found


@dataclass(frozen=True, slots=True)
class Cell:
    """Value of a metric as text; unknown values are empty.

    Attributes:
        value: The value.
        interval: Its 95 % interval.
        spread: Range over several seeds.
    """

    value: str = ""
    interval: str = ""
    spread: str = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    """Row of the table: a metric's name, its meaning, and its value in each evaluation."""

    name: str
    meaning: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Quantity:
    """Metric that the table shows.

    Attributes:
        name: Name to show.
        meaning: Explanation in a few words.
        key: Dotted key in the summary.
        share: Whether it is a share, shown in percent.
        of_row: Its value for one prediction, in case the summary lacks it.
        interval: Key in the summary's intervals; empty for `key`.
        bounded: Whether each prediction's value is between 0 and 1.
    """

    name: str
    meaning: str
    key: str
    share: bool
    of_row: Callable[[Row], float | None] | None = None
    interval: str = ""
    bounded: bool = True


def _tokens(row: Row) -> float | None:
    return row.tokens


def _characters(row: Row) -> float:
    return len(row.completion)


def _component(name: str) -> Quantity:
    return Quantity(
        f"… {name}",
        "component, 0 to 1",
        f"components.{name}",
        False,
        lambda row: row.components.get(name),
    )


QUANTITIES = (
    Quantity("Accuracy", "right answer inside the tags", "accuracy", True, lambda r: r.correct),
    Quantity(
        "Accuracy, lenient",
        "right final answer, inside the tags or not",
        "accuracy_lenient",
        True,
        lambda r: r.lenient,
    ),
    Quantity(
        "Accuracy, independent",
        "by an extractor other than the reward's",
        "independent.accuracy",
        True,
        lambda r: r.independent,
    ),
    Quantity(
        "Format", "well-formed traces", "well_formed", True, lambda r: r.status == "well_formed"
    ),
    Quantity("Reward", "mean total, 0 to 1", "mean_reward", False, lambda r: r.total),
    *map(_component, COMPONENTS),
    Quantity(
        "Cut",
        "completions cut off at the length limit",
        "cut",
        True,
        lambda r: None if r.finished is None else not r.finished,
    ),
    Quantity("Length", "mean, tokens", "completion_tokens.mean", False, _tokens, bounded=False),
    Quantity("Characters", "mean length", "characters", False, _characters, bounded=False),
    Quantity("Confidence", "completions that state one", "stated", True),
    Quantity("AUROC", "of stated confidences, 0.5 is chance", "auroc", False),
    Quantity("AURC", "risk over coverage, lower is better", "aurc", False),
    Quantity("Surest 80 %", "accuracy on the most confident 80 %", "accuracy_at_80", True),
    Quantity("ECE", "calibration error, lower is better", "ece", False),
    Quantity("Brier", "lower is better", "brier", False),
    Quantity("ECE, mapped", "after an isotonic map", "post_hoc.ece", False),
    Quantity("Brier, mapped", "after an isotonic map", "post_hoc.brier", False),
    Quantity(
        "lm-eval, strict",
        "lm-evaluation-harness: after ####",
        "scorers.lm_eval_strict",
        True,
        interval="lm_eval_strict",
    ),
    Quantity(
        "lm-eval, flexible",
        "lm-evaluation-harness: last number",
        "scorers.lm_eval_flexible",
        True,
        interval="lm_eval_flexible",
    ),
)


def results_table(entries: Sequence[Entry]) -> list[TableRow]:
    """Return the metrics that at least one evaluation has, those of samples last."""
    rows = [
        TableRow(q.name, q.meaning, tuple(_cell(entry.evaluation, q) for entry in entries))
        for q in quantities_of(entries)
    ]
    return shown_rows(rows)


def shown_rows(rows: Sequence[TableRow]) -> list[TableRow]:
    """Return the rows that have a value.

    ECE and Brier score are left out without AUROC, since a constant confidence can score well.
    """
    shown = [row for row in rows if any(cell.value for cell in row.cells)]
    ranked = any(row.name == "AUROC" for row in shown)
    return [row for row in shown if ranked or row.name not in ("ECE", "Brier")]


def quantities_of(entries: Sequence[Entry]) -> list[Quantity]:
    """Return the metrics that evaluations may have, strict accuracy first and samples' last."""
    keys = dict.fromkeys(key for e in entries for key in flat(e.evaluation.summary or {}))
    return [*QUANTITIES, *(q for key in keys if (q := _sampled(key)))]


def _sampled(key: str) -> Quantity | None:
    """Return the metric of a pass@k or maj@k key such as `pass_at_k.8`; None for other keys.

    Its interval is stored as `pass_at_8`.
    """
    found = re.fullmatch(r"(pass|maj)_at_k(_lenient)?\.(\d+)", key)
    if found is None:
        return None
    kind, lenient, k = found.groups(default="")
    meaning = "any of k samples right" if kind == "pass" else "majority of k samples right"
    return Quantity(
        f"{kind}@{k}{', lenient' if lenient else ''}",
        meaning,
        key,
        True,
        interval=f"{kind}_at_{k}{lenient}",
    )


def flat(summary: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Return every finite number of a summary by its dotted key, without lists and intervals."""
    found: dict[str, float] = {}
    for key, value in summary.items():
        if isinstance(value, dict) and key != "ci95":
            found |= flat(value, f"{prefix}{key}.")
        elif (held := as_number(value)) is not None and isfinite(held):
            found[f"{prefix}{key}"] = held
    return found


def _cell(evaluation: Evaluation, quantity: Quantity) -> Cell:
    value, interval = estimate(evaluation, quantity)
    if value is None:
        return Cell()
    share = quantity.share
    return Cell(written(value, share), written_range(*interval, share) if interval else "")


def written(value: float, share: bool) -> str:
    """Format a share in percent, or another number with a fixed number of digits."""
    return f"{100 * value:.1f} %" if share else _even(value)


def written_range(low: float, high: float, share: bool) -> str:
    """Format a range in the same way as `written`.

    Args:
        low: Lower end.
        high: Upper end.
        share: Whether the ends are shares, shown in percent.
    """
    return f"{100 * low:.1f} to {100 * high:.1f} %" if share else f"{_even(low)} to {_even(high)}"


def _even(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


def estimate(evaluation: Evaluation, quantity: Quantity) -> tuple[float | None, Interval | None]:
    """Return a metric with its interval, from the summary or else from the predictions."""
    summary = evaluation.summary or {}
    value = flat(summary).get(quantity.key)
    if value is None:
        return _from_rows(evaluation.rows, quantity)
    ends = mapping(summary, "ci95").get(quantity.interval or quantity.key)
    if isinstance(ends, list) and len(ends) == 2:
        low, high = as_number(ends[0]), as_number(ends[1])
        if low is not None and high is not None and isfinite(low) and isfinite(high):
            return value, (low, high)
    return value, None


def _from_rows(rows: Sequence[Row], quantity: Quantity) -> tuple[float | None, Interval | None]:
    values = [v for row in rows if quantity.of_row and (v := quantity.of_row(row)) is not None]
    if not values:
        return None, None
    if quantity.share:
        found = wilson(round(sum(values)), len(values))
    else:
        found = (bounded_mean_interval if quantity.bounded else mean_interval)(values)
    return fmean(values), (found.low, found.high)


def accuracy_quantity(evaluation: Evaluation) -> Quantity:
    """Return strict accuracy, or lenient accuracy if the prompt did not ask for tags."""
    return QUANTITIES[0 if evaluation.prompt_format == "schema" else 1]


def accuracy_of(evaluation: Evaluation) -> tuple[float, Interval | None] | None:
    """Return the accuracy chosen by `accuracy_quantity`, and its interval; None if unknown."""
    value, interval = estimate(evaluation, accuracy_quantity(evaluation))
    return None if value is None else (value, interval)


@dataclass(frozen=True, slots=True)
class Pair:
    """Paired comparison of two evaluations.

    Attributes:
        before: Label of the first evaluation.
        after: Label of the second evaluation.
        measure: `strict` or `lenient`.
        difference: Result of the test; None if the evaluations cannot be compared.
        reason: Why they cannot be compared.
        seeds: Seeds of both runs.
        main: Whether this is the main comparison of the two evaluations.
    """

    before: str
    after: str
    measure: str
    difference: PairedDifference | None
    reason: str = ""
    seeds: tuple[int | None, ...] = ()
    main: bool = True

    @property
    def sentence(self) -> str:
        """Result as text: `GRPO − SFT: +12.4 points, 95 % CI 8.1 to 16.7, n = 500, seed 0, …`."""
        if self.difference is None:
            return f"{self.after} − {self.before}: not tested. {self.reason}"
        said = sentence(self.before, self.after, self.difference, *self.seeds)
        return said + wherever(self.main, self.measure)

    @property
    def certain(self) -> bool:
        """Whether the interval excludes zero."""
        found = self.difference
        return found is not None and (found.interval.low > 0 or found.interval.high < 0)


def paired(before: Entry, after: Entry, measure: str) -> Pair:
    """Compare two evaluations, or give the reason if their problems do not allow it.

    Args:
        before: First evaluation.
        after: Second evaluation.
        measure: `strict` or `lenient`.
    """
    first, second = before.outcomes(measure), after.outcomes(measure)
    labels = (before.label, after.label, measure)
    main = measure == measures(before, after)[0]
    reason = refusal(before, after, first, second)
    if reason:
        return Pair(*labels, None, reason, main=main)
    found = _difference(tuple(first.values()), tuple(second[key] for key in first))
    return Pair(*labels, found, "", (before.evaluation.seed, after.evaluation.seed), main)


def wherever(main: bool, measure: str) -> str:
    """Return what a sentence must add if it is about lenient accuracy."""
    return ", counting final answers anywhere" if main and measure == "lenient" else ""


def measures(before: Entry, after: Entry) -> tuple[str, ...]:
    """Return the measures by which two evaluations can be compared, the main one first.

    If one of the prompts did not ask for tags, only lenient accuracy is comparable.
    """
    asked = {before.evaluation.prompt_format, after.evaluation.prompt_format}
    return ("strict", "lenient") if asked == {"schema"} else ("lenient",)


@lru_cache(maxsize=256)
def _difference(before: tuple[bool, ...], after: tuple[bool, ...]) -> PairedDifference:
    """Return the paired difference, cached because a watched page is rewritten often."""
    return paired_difference(before, after)


def refusal(
    before: Entry, after: Entry, first: Mapping[str, bool], second: Mapping[str, bool]
) -> str:
    """Return why two evaluations cannot be paired; empty if they can.

    Args:
        before: First evaluation.
        after: Second evaluation.
        first: Outcomes of the first by problem.
        second: Outcomes of the second by problem.
    """
    for entry, outcomes in ((before, first), (after, second)):
        if not outcomes:
            return f"{entry.label} has no predictions to pair."
    only_first, only_second = len(first.keys() - second), len(second.keys() - first)
    if not only_first and not only_second:
        return ""
    for entry, outcomes in ((before, first), (after, second)):
        if entry.evaluation.summary is None:
            return f"{entry.label} is unfinished: {len(outcomes)} problems so far."
    return (
        f"They are on different problems: {only_first} of {before.label}'s {len(first)} are not in "
        f"{after.label}, and {only_second} of {after.label}'s {len(second)} are not in "
        f"{before.label}."
    )


def couples(entries: Sequence[Entry]) -> Iterator[tuple[Entry, Entry]]:
    """Yield the comparisons within a run: each stage with the next, and the first with the last.

    The base is represented by its best prompt format, if known, because its accuracy with a schema
    that it has never seen does not measure its skill. Other evaluations, such as the base with
    few-shot examples, are compared with the last stage.
    """
    best = best_of([entry.evaluation for entry in entries])
    names = [best.name if best and name == "base" else name for name in STAGE_LABELS]
    stages = [e for name in names for e in entries if e.evaluation.name == name]
    yield from pairwise(stages)
    if len(stages) > 2:
        yield stages[0], stages[-1]
    if stages:
        compared = {*names, *STAGE_LABELS}
        yield from ((e, stages[-1]) for e in entries if e.evaluation.name not in compared)
