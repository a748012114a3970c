"""Chart axes: scales, ticks and number formats."""

from dataclasses import dataclass
from math import ceil, floor, isclose, log10

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Tick:
    """Tick with its position, in units of the drawing, and its label."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Linear or logarithmic map from values to positions in the drawing.

    Attributes:
        low: Lowest value.
        high: Highest value.
        start: Position of `low`.
        end: Position of `high`.
        logarithmic: Whether the scale is logarithmic; `low` must then be positive.
        step: Distance between two ticks; 0 to choose it by the requested number of ticks.
    """

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False
    step: float = 0.0

    def place(self, value: float) -> float:
        """Return the position of a value; values outside the axis are clamped to its ends."""
        low, high, x = self.low, self.high, min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high, x = log10(low), log10(high), log10(x)
        share = (x - low) / (high - low)
        return round(self.start + share * (self.end - self.start), 2)

    def ticks(self, count: int = 5, *, percent: bool = False) -> tuple[Tick, ...]:
        """Return about `count` ticks at round values; `percent` labels shares in percent."""
        if self.logarithmic:
            values = decades(self.low, self.high)
            return tuple(Tick(self.place(v), f"{v:g}") for v in values)
        step = self.step or round_step(self.high - self.low, count)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        values = [index * step for index in range(first, last + 1)]
        scale, unit = (100.0, " %") if percent else (1.0, "")
        return tuple(Tick(self.place(v), plain(v * scale, step * scale) + unit) for v in values)


def round_step(span: float, count: int) -> float:
    """Return the smallest round step that divides `span` into at most `count` intervals.

    Round steps are 1, 2, 2.5 and 5 times a power of ten.
    """
    raw = span / max(count, 1)
    power = 10.0 ** floor(log10(raw))
    return next(step * power for step in STEPS if step * power >= raw * (1 - 1e-9))


def rounded(low: float, high: float, start: float, end: float, count: int = 5) -> Axis:
    """Return a linear axis from `low` to `high`, widened to round ends.

    Args:
        low: Lowest value.
        high: Highest value; if it equals `low`, the axis has a margin on both sides.
        start: Position of the axis' lower end in the drawing.
        end: Position of its upper end.
        count: Maximum number of intervals between ticks.
    """
    if isclose(low, high, rel_tol=1e-9, abs_tol=1e-12):
        margin = abs(low) * 0.1
        low, high = (low - margin, high + margin) if margin else (0.0, 1.0)
    step = round_step(high - low, count)
    ends = floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step
    return Axis(*ends, start, end, step=step)


def decades(low: float, high: float) -> list[float]:
    """Return powers of ten from below `low` to above `high`, about six at most."""
    first, last = floor(log10(low)), ceil(log10(high))
    stride = max(1, ceil((last - first) / 6))
    return [10.0**power for power in range(first, last + 1, stride)]


def plain(value: float, step: float) -> str:
    """Format a number with as many decimals as the step of its axis needs."""
    if value == 0 or abs(value) < step / 1e6:
        return "0"
    if abs(value) >= 1e6 or step < 1e-4:
        mantissa, power = f"{value:.2e}".split("e")
        return f"{float(mantissa):g}e{int(power)}"
    decimals = max(0, -floor(log10(step) + 1e-9))
    if step * 10**decimals != round(step * 10**decimals):
        decimals += 1
    return f"{value:,.{decimals}f}"


def figure(value: float) -> str:
    """Format a number for a table, with about four significant digits."""
    if value == 0:
        return "0"
    if abs(value) >= 1e6 or abs(value) < 1e-3:
        return f"{value:.3g}"
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"
