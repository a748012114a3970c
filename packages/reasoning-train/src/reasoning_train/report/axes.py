"""Axes: which values get a tick, how they are written, and where they stand."""

from dataclasses import dataclass
from math import ceil, floor, isclose, log10

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick: its place in the drawing's units and its label."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps `low`…`high` to `start`…`end` of the drawing, straight or by the logarithm.

    Attributes:
        step: Between two ticks; chosen by their wanted number if 0.
    """

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False
    step: float = 0.0

    def place(self, value: float) -> float:
        """Where a value stands; beyond the ends at the end."""
        low, high, x = self.low, self.high, min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high, x = log10(low), log10(high), log10(x)
        share = (x - low) / (high - low)
        return round(self.start + share * (self.end - self.start), 2)

    def ticks(self, count: int = 5, *, percent: bool = False) -> tuple[Tick, ...]:
        """About `count` ticks at round values inside the axis."""
        if self.logarithmic:
            values = decades(self.low, self.high)
            return tuple(Tick(self.place(v), f"{v:g}") for v in values)
        step = self.step or round_step(self.high - self.low, count)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        values = [index * step for index in range(first, last + 1)]
        scale, unit = (100.0, " %") if percent else (1.0, "")
        return tuple(Tick(self.place(v), plain(v * scale, step * scale) + unit) for v in values)


def round_step(span: float, count: int) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that makes at most `count` intervals."""
    raw = span / max(count, 1)
    power = 10.0 ** floor(log10(raw))
    return next(step * power for step in STEPS if step * power >= raw * (1 - 1e-9))


def rounded(low: float, high: float, start: float, end: float, count: int = 5) -> Axis:
    """An axis over the values, widened to round ends; a single value gets room on both sides."""
    if isclose(low, high, rel_tol=1e-9, abs_tol=1e-12):
        margin = abs(low) * 0.1
        low, high = (low - margin, high + margin) if margin else (0.0, 1.0)
    step = round_step(high - low, count)
    ends = floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step
    return Axis(*ends, start, end, step=step)


def decades(low: float, high: float) -> list[float]:
    """Powers of ten from below `low` to above `high`, at most about six of them."""
    first, last = floor(log10(low)), ceil(log10(high))
    stride = max(1, ceil((last - first) / 6))
    return [10.0**power for power in range(first, last + 1, stride)]


def plain(value: float, step: float) -> str:
    """A number with as many decimals as its axis' step needs."""
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
    """A number as a reader wants it in a table: four significant digits."""
    if value == 0:
        return "0"
    if abs(value) >= 1e6 or abs(value) < 1e-3:
        return f"{value:.3g}"
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"
