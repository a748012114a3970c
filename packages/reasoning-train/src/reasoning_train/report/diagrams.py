"""Geometry of reliability diagrams and of dot plots of accuracies with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

from reasoning_rewards import calibration_report
from reasoning_train.evaluation.statistics import wilson
from reasoning_train.report.axes import Axis, Tick
from reasoning_train.report.evaluations import Evaluation
from reasoning_train.run_dir.records import as_number, finite

SIDE = 350.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 334.0, 14.0, 302.0
DOTS_LEFT, DOTS_RIGHT = 12.0, 336.0
FULL = 12.0
"""Radius of the dot of a bin with all predictions."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Bin of predictions with similar stated confidence.

    Attributes:
        low: Lower bound of the confidences.
        high: Upper bound of the confidences.
        count: Number of predictions.
        confidence: Mean stated confidence.
        accuracy: Share of correct predictions.
        interval: 95 % interval of the accuracy (Wilson).
        x: Horizontal position of the dot.
        y: Vertical position of the dot.
        y_low: Vertical position of the interval's lower end.
        y_high: Vertical position of its upper end.
        radius: Radius of the dot, whose area shows the number of predictions.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float
    interval: tuple[float, float]
    x: float
    y: float
    y_low: float
    y_high: float
    radius: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Reliability diagram: accuracy over stated confidence, with a summary in a sentence."""

    id: str
    label: str
    css: str
    bins: tuple[Bin, ...]
    sentence: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    side: float = SIDE
    left: float = LEFT
    right: float = RIGHT
    top: float = TOP
    bottom: float = BOTTOM


def reliability(id_: str, label: str, css: str, evaluation: Evaluation) -> Reliability | None:
    """Return the diagram of an evaluation, from its summary's bins or else from its predictions.

    Args:
        id_: Id of the HTML element.
        label: Name of the evaluation.
        css: CSS classes of the dots.
        evaluation: The evaluation.

    Returns:
        The diagram; None if no completion states a confidence.
    """
    table = _stored_bins(evaluation) or _computed_bins(evaluation)
    if not table:
        return None
    x, y = Axis(0.0, 1.0, LEFT, RIGHT), Axis(0.0, 1.0, BOTTOM, TOP)
    n = sum(count for _, _, count, _, _ in table)
    bins = []
    for low, high, count, confidence, accuracy in table:
        ends = wilson(round(accuracy * count), count)
        bins.append(
            Bin(
                low, high, count, confidence, accuracy, (ends.low, ends.high),
                x.place(confidence), y.place(accuracy), y.place(ends.low), y.place(ends.high),
                round(max(3.0, FULL * (count / n) ** 0.5), 2),
            )
        )  # fmt: skip
    return Reliability(
        id_, label, css, tuple(bins), _sentence(evaluation, bins), x.ticks(4), y.ticks(4)
    )


BinRow = tuple[float, float, int, float, float]


def _stored_bins(evaluation: Evaluation) -> list[BinRow]:
    held = (evaluation.summary or {}).get("reliability")
    rows = []
    for entry in held if isinstance(held, list) else []:
        if not isinstance(entry, dict):
            return []
        values = [finite(entry, k) for k in ("low", "high", "n", "confidence", "accuracy")]
        low, high, count, confidence, accuracy = values
        if None in values or not count:
            continue
        if not (0 <= (accuracy or 0.0) <= 1):
            return []
        rows.append((low or 0.0, high or 0.0, int(count), confidence or 0.0, accuracy or 0.0))
    return rows


def _computed_bins(evaluation: Evaluation) -> list[BinRow]:
    pairs = [
        (row.stated_confidence, row.correct)
        for row in evaluation.rows
        if row.stated_confidence is not None and 0.0 <= row.stated_confidence <= 1.0
    ]
    if not pairs:
        return []
    report = calibration_report([c for c, _ in pairs], [right for _, right in pairs])
    return [(b.lower, b.upper, b.count, b.confidence, b.accuracy) for b in report.bins]


def _sentence(evaluation: Evaluation, bins: Sequence[Bin]) -> str:
    summary = evaluation.summary or {}
    # A constant confidence can have a low ECE, so ECE is shown only beside AUROC.
    known = as_number(summary.get("auroc")) is not None
    figures = [
        f"{name} {value:.3f}"
        for name, key in (("AUROC", "auroc"), ("ECE", "ece"), ("Brier", "brier"))
        if known and (value := as_number(summary.get(key))) is not None
    ]
    stated = {row.stated_confidence for row in evaluation.rows}
    if len(stated) == 1 and evaluation.rows:
        only = next(iter(stated))
        figures.append(
            f"every completion states the same confidence, {only:g}, so this compares the accuracy "
            "with a single number and shows no ranking"
        )
    elif len(bins) == 1:
        figures.append("all stated confidences fall into one bin")
    return "; ".join(figures)


@dataclass(frozen=True, slots=True)
class Dot:
    """Dot of a dot plot.

    Attributes:
        label: Name of the estimate.
        css: CSS classes of the dot.
        value: The estimate with its interval as text.
        x: Horizontal position of the estimate.
        low: Horizontal position of the interval's lower end.
        high: Horizontal position of its upper end.
        y: Vertical position.
        seeds: Horizontal positions of the seeds' values; empty for a single run.
    """

    label: str
    css: str
    value: str
    x: float
    low: float
    high: float
    y: float
    seeds: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class DotPlot:
    """Dot plot of estimates on a common axis from 0 to 100 %, one below the other."""

    dots: tuple[Dot, ...]
    x_ticks: tuple[Tick, ...]
    height: float
    id: str
    of: str = ""
    left: float = DOTS_LEFT
    right: float = DOTS_RIGHT
    width: float = 360.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Share from 0 to 1 with its 95 % interval.

    Attributes:
        label: Name of the estimate.
        css: CSS classes of its dot.
        value: The share, or the mean over several seeds.
        interval: Its 95 % interval, if known.
        seeds: The value of each seed; empty for a single run.
    """

    label: str
    css: str
    value: float
    interval: tuple[float, float] | None
    seeds: tuple[float, ...] = ()


def dot_plot(estimates: Sequence[Estimate], id_: str = "dots", of: str = "") -> DotPlot | None:
    """Return a dot plot of the estimates; None if there are none.

    Args:
        estimates: The estimates, from top to bottom.
        id_: Id of the HTML element.
        of: Name of the group of runs, for the caption; empty if there is only one.
    """
    if not estimates:
        return None
    axis = Axis(0.0, 1.0, DOTS_LEFT, DOTS_RIGHT)
    dots = []
    for index, found in enumerate(estimates):
        low, high = found.interval or (found.value, found.value)
        y = 30.0 + 44.0 * index
        written = f"{100 * found.value:.1f} %"
        if found.interval:
            written += f" ({100 * low:.1f} to {100 * high:.1f})"
        x, left, right = (axis.place(v) for v in (found.value, low, high))
        seeds = tuple(map(axis.place, found.seeds))
        dots.append(Dot(found.label, found.css, written, x, left, right, y, seeds))
    height = 44.0 * len(estimates) + 30.0
    return DotPlot(tuple(dots), axis.ticks(5, percent=True), height, id_, of)
