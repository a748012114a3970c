"""What an answer is: a number, an expression, a list, a relation, or a text."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from reasoning_rewards.answers.expression import Node
from reasoning_rewards.answers.values import Value


class Verdict(Enum):
    """The outcome of comparing two answers."""

    SAME = "same"
    DIFFERENT = "different"
    UNDECIDED = "undecided"  # symbolic on both sides, and beyond exact substitution


class Collection(Enum):
    """How a group of answers is delimited; the value is the pair of brackets."""

    BARE = ""  # 1, 2 and 3
    SET = "{}"
    TUPLE = "()"
    LIST = "[]"
    LEFT_CLOSED = "[)"
    RIGHT_CLOSED = "(]"
    UNION = "∪"
    ROW = "row"
    MATRIX = "matrix"

    @property
    def ordered(self) -> bool:
        return self not in (Collection.BARE, Collection.SET, Collection.UNION)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number or an algebraic expression.

    `value` is set when the expression has no variables and can be evaluated; `literal` when it is
    written as a result and not as a computation; `digits`/`decimals` are the significant digits and
    the digits after the point of a decimal literal (0 otherwise).
    """

    node: Node
    value: Value | None
    literal: bool
    names: frozenset[str] = frozenset()
    unit: str = ""
    percent: bool = False
    digits: int = 0
    decimals: int = 0
    name: str = ""  # the left side of `x = 5`

    @property
    def rational(self) -> Fraction | None:
        return self.value if isinstance(self.value, Fraction) else None


@dataclass(frozen=True, slots=True)
class Group:
    """Several answers together."""

    kind: Collection
    items: tuple["Form", ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """`sides[0] operators[0] sides[1] …`, with operators among < ≤ > ≥ ≠ =."""

    sides: tuple["Form", ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """Words: `canonical` without case, articles and punctuation; `label` is a choice letter."""

    canonical: str
    label: str = ""
    symbolic: bool = False
    unreadable: bool = False
    body: str = ""  # the text after a choice label


@dataclass(frozen=True, slots=True)
class Ratio:
    """`3:2:1`; `spoken` is `3 to 2`, which may be a range."""

    terms: tuple[Fraction, ...]
    spoken: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day; `half` is am, pm, or empty where it is not said."""

    hour: int
    minute: int
    second: int = 0
    half: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A sum of quantities (`2 hours 15 minutes`) in the base unit of its dimension."""

    dimension: str
    value: Fraction


@dataclass(frozen=True, slots=True)
class Readings:
    """A text with more than one meaning (`3,5`; `22/7 ≈ 3.14`); the first is the plain one.

    It is the same as another answer when any reading is. Of two such texts one must be read
    plainly.
    """

    forms: tuple["Form", ...]


Form = Scalar | Group | Relation | Text | Ratio | Clock | Measure | Readings

Reader = Callable[[str, int], Form]
"""Reads a part of an answer, at a depth of nesting."""
