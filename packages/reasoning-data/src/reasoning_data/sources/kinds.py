"""Kinds of source, by the names used on the command line."""

from dataclasses import dataclass

from reasoning_data.sources.convert import Converter
from reasoning_data.sources.gsm8k import from_gsm8k, from_gsm8k_socratic
from reasoning_data.sources.mapped import FieldMap
from reasoning_data.sources.math import from_math
from reasoning_data.sources.questions import from_choice, from_strategyqa
from reasoning_data.sources.traces import from_trace

UNKNOWN_LICENSE = "unknown"


@dataclass(frozen=True, slots=True)
class Kind:
    """Kind of source whose rows share one layout.

    Attributes:
        convert: Function from a raw row to a problem.
        source: Data set name that its problems carry; empty to use the name of the input.
        license: Licence of the data set, or `unknown`.
        config: Configuration of the hub data set.
    """

    convert: Converter
    source: str = ""
    license: str = UNKNOWN_LICENSE
    config: str | None = None


ROWS = "rows"
ARITHMETIC = "arithmetic"
GYM = "gym"
GSM8K = "gsm8k"

KINDS: dict[str, Kind] = {
    GSM8K: Kind(from_gsm8k, "gsm8k", "MIT", config="main"),
    "gsm8k-socratic": Kind(from_gsm8k_socratic, "gsm8k-socratic", "MIT", config="socratic"),
    "math": Kind(from_math, "math", "MIT"),
    "strategyqa": Kind(from_strategyqa, "strategyqa", "MIT"),
    "choice": Kind(from_choice),
    "traces": Kind(from_trace),
    ROWS: Kind(FieldMap().convert),
}
ALL_KINDS = (*KINDS, ARITHMETIC, GYM)
