"""Geometry of line charts, which the template renders as SVG together with a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from reasoning_train.report.axes import Axis, Tick, decades, figure, rounded

WIDTH, HEIGHT = 360.0, 210.0
LEFT, RIGHT, TOP, BOTTOM = 50.0, 350.0, 12.0, 178.0
MOST_POINTS = 240
"""Maximum number of points; longer series are averaged over intervals, with a band of the range."""

LARGEST = 1e30
"""Values of at least this size are drawn like infinite ones."""

Series = Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Bucket:
    """Interval of steps: its middle step, and the mean, lowest and highest value."""

    step: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Input:
    """Line to draw.

    Attributes:
        name: Name of the line.
        css: CSS classes of the line.
        series: Steps with their values.
        kind: Name of the line's entry in the legend if several lines share it; empty for `name`.
    """

    name: str
    css: str
    series: Series
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Geometry of a line, with SVG paths.

    Attributes:
        name: Name of the line.
        css: CSS classes of the line.
        smooth: Path of the rolling mean.
        raw: Path of the single values, drawn faintly; empty if there is a band or no smoothing.
        band: Outline of the range of each interval; empty if each step has its own point.
        dots: Positions of the values of a short series.
        bad: Horizontal positions of values that are not finite.
        kind: Name of the line's entry in the legend; empty for `name`.
    """

    name: str
    css: str
    smooth: str
    raw: str
    band: str
    dots: tuple[tuple[float, float], ...]
    bad: tuple[float, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class LineChart:
    """Geometry and texts of a line chart.

    Attributes:
        id: Id of the HTML element.
        title: Title of the chart.
        description: Description of the lines for screen readers.
        note: Note below the chart, such as the width of the smoothing.
        x_ticks: Ticks of the step axis.
        y_ticks: Ticks of the value axis.
        lines: The lines.
        header: Header of the table, `step` and the name of each line.
        rows: Rows of the table, a step and the value of each line.
        places: Horizontal position of each row of the table.
    """

    id: str
    title: str
    description: str
    note: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    places: tuple[float, ...]
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = RIGHT
    top: float = TOP
    bottom: float = BOTTOM

    @property
    def legend(self) -> list[tuple[str, str]]:
        """CSS class and name of each legend entry."""
        return list({line.css: line.kind or line.name for line in self.lines}.items())


def line_chart(
    id_: str,
    title: str,
    inputs: Sequence[Input],
    *,
    percent: bool = False,
    may_be_logarithmic: bool = False,
    smooth: bool = True,
) -> LineChart | None:
    """Draw one or more series over the step.

    Lines that share a legend entry are drawn only as their rolling mean.

    Args:
        id_: Id of the HTML element.
        title: Title of the chart.
        inputs: The lines.
        percent: Whether the values are shares, so that the axis goes from 0 to 100 %.
        may_be_logarithmic: Whether a spike makes the axis logarithmic.
        smooth: Whether to draw a rolling mean over the single values.

    Returns:
        The chart; None if no series has a value.
    """
    inputs = [line for line in inputs if line.series]
    if not inputs:
        return None
    buckets = {line.name: bucketed(line.series) for line in inputs}
    finite = [v for line in inputs for _, v in line.series if drawable(v)]
    y = _y_axis(finite or [0.0], percent=percent, may_be_logarithmic=may_be_logarithmic)
    last = max(step for line in inputs for step, _ in line.series)
    first = min(step for line in inputs for step, _ in line.series)
    x = Axis(min(first, 1), max(last, 2), LEFT, RIGHT)
    per_point = max(_stretch(line.series) for line in inputs)
    longest = max(len(found) for found in buckets.values())
    window = max(1, round(longest / 20)) if smooth else 1
    steps = sorted({b.step for found in buckets.values() for b in found})
    values = {name: {b.step: b.mean for b in found} for name, found in buckets.items()}
    return LineChart(
        id=id_,
        title=title,
        description=_description(inputs, percent=percent),
        note=_note(
            per_point, window, logarithmic=y.logarithmic, bare=any(line.kind for line in inputs)
        ),
        x_ticks=_whole_steps(x),
        y_ticks=y.ticks(4, percent=percent),
        lines=tuple(_line(line, buckets[line.name], x, y, window, per_point) for line in inputs),
        header=("step", *(line.name for line in inputs)),
        rows=tuple(
            (str(step), *(_cell(values[line.name].get(step), percent) for line in inputs))
            for step in steps
        ),
        places=tuple(x.place(step) for step in steps),
    )


def drawable(value: float) -> bool:
    """Return whether a value can be drawn on an axis; NaN and infinities cannot."""
    return abs(value) < LARGEST


def bucketed(series: Series) -> list[Bucket]:
    """Divide a series into at most `MOST_POINTS` intervals and average each.

    An interval with a value that is not finite takes that value, so that it remains visible.
    """
    size = _stretch(series)
    found = []
    for start in range(0, len(series), size):
        part = series[start : start + size]
        values = [value for _, value in part]
        step = part[len(part) // 2][0]
        bad = next((v for v in values if not drawable(v)), None)
        if bad is not None:
            found.append(Bucket(step, bad, bad, bad))
        else:
            found.append(Bucket(step, fmean(values), min(values), max(values)))
    return found


def _stretch(series: Series) -> int:
    return -(-len(series) // MOST_POINTS)


def _y_axis(values: list[float], *, percent: bool, may_be_logarithmic: bool) -> Axis:
    low, high = min(values), max(values)
    if percent:
        return Axis(0.0, 1.0, BOTTOM, TOP)
    if may_be_logarithmic and low > 0 and high > 50 * median(values):
        bounds = decades(low, high)
        return Axis(bounds[0], max(bounds[-1], high), BOTTOM, TOP, logarithmic=True)
    return rounded(low, high, BOTTOM, TOP, 4)


def _whole_steps(axis: Axis) -> tuple[Tick, ...]:
    return tuple(tick for tick in axis.ticks(5) if "." not in tick.label)


def _line(
    line: Input, buckets: list[Bucket], x: Axis, y: Axis, window: int, per_point: int
) -> Line:
    good = [b for b in buckets if drawable(b.mean)]
    placed = [(x.place(b.step), y.place(b.mean)) for b in good]
    smooth = list(zip([p[0] for p in placed], rolling([b.mean for b in good], window), strict=True))
    band = ""
    if per_point > 1 and not line.kind:
        over = [(x.place(b.step), y.place(b.high)) for b in good]
        under = [(x.place(b.step), y.place(b.low)) for b in reversed(good)]
        band = _path([*over, *under]) + "Z" if good else ""
    return Line(
        name=line.name,
        css=line.css,
        smooth=_path([(px, y.place(value)) for px, value in smooth]),
        raw=_path(placed) if per_point == 1 and window > 1 and not line.kind else "",
        band=band,
        dots=tuple(placed) if len(placed) <= 12 and not line.kind else (),
        bad=tuple(x.place(b.step) for b in buckets if not drawable(b.mean)),
        kind=line.kind,
    )


def rolling(values: Sequence[float], window: int) -> list[float]:
    """Return the centred rolling mean over `window` values, with fewer at the ends."""
    before, after = (window - 1) // 2, window // 2
    return [fmean(values[max(0, i - before) : i + after + 1]) for i in range(len(values))]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "".join(f"{'L' if i else 'M'}{x:g},{y:g}" for i, (x, y) in enumerate(points))


def _cell(value: float | None, percent: bool) -> str:
    if value is None:
        return ""
    if not drawable(value):
        return str(value)
    return f"{100 * value:.1f} %" if percent else figure(value)


def _description(inputs: Sequence[Input], *, percent: bool) -> str:
    parts = []
    for line in inputs:
        finite = [(s, v) for s, v in line.series if drawable(v)]
        bad = len(line.series) - len(finite)
        if finite:
            (first, start), (last, end) = finite[0], finite[-1]
            low, high = (f([v for _, v in finite]) for f in (min, max))
            parts.append(
                f"{line.name}: from {_cell(start, percent)} at step {first} to "
                f"{_cell(end, percent)} at step {last}; lowest {_cell(low, percent)}, "
                f"highest {_cell(high, percent)}" + (f"; {bad} values not finite" if bad else "")
            )
        else:
            parts.append(f"{line.name}: none of the {bad} values is finite")
    return ". ".join(parts) + "."


def _note(per_point: int, window: int, *, logarithmic: bool, bare: bool) -> str:
    notes = []
    if bare and max(per_point, window) > 1:
        notes.append(f"each point is the mean of {max(per_point, window)} steps")
    elif per_point > 1:
        notes.append(f"each point is the mean of {per_point} steps, the band their range")
    elif window > 1:
        notes.append(f"thin: every step; bold: mean of {window} steps")
    if logarithmic:
        notes.append("logarithmic axis")
    return "; ".join(notes)
