"""Whether two forms are the same answer. Symmetric: `match(a, b)` is `match(b, a)`."""

from collections import Counter
from fractions import Fraction
from typing import Final

from reasoning_rewards.answers import algebra, ratios, units, values, words
from reasoning_rewards.answers.expression import Node, Operation
from reasoning_rewards.answers.forms import (
    Clock,
    Collection,
    Form,
    Group,
    Measure,
    Ratio,
    Readings,
    Relation,
    Scalar,
    Text,
    Verdict,
)
from reasoning_rewards.answers.reading import read

# A decimal with this many significant digits, and no terminating value to be exact about, is
# read as a rounding (1/12 printed as 0.0833333333333333); a shorter one means what it says.
ROUNDED_DIGITS: Final = 7
# More members than this that are not written alike are not compared pair by pair.
MAX_PAIRED: Final = 24
_FLIPPED: Final = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "=": "=", "≠": "≠"}


def match(left: Form, right: Form) -> Verdict:
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        return _match_scalars(left, right)
    if isinstance(left, Readings) or isinstance(right, Readings):
        return _match_readings(left, right)
    left, right = _unwrap(left, right), _unwrap(right, left)
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        return _match_scalars(left, right)
    if isinstance(left, Group) and isinstance(right, Group):
        return _match_groups(left, right)
    if isinstance(left, Text) and isinstance(right, Text):
        return _match_texts(left, right)
    if isinstance(left, Relation) and isinstance(right, Relation):
        return _match_relations(left, right)
    if isinstance(left, Clock) and isinstance(right, Clock):
        return _verdict(_same_time(left, right))
    if isinstance(left, Ratio) and isinstance(right, Ratio):
        return _verdict(ratios.same(left, right))
    if isinstance(left, Measure) and isinstance(right, Measure):
        return _verdict(left == right)
    return _match_kinds(left, right)


def _match_readings(left: Form, right: Form) -> Verdict:
    """Any reading of one side against the plain reading of the other."""
    lefts = left.forms if isinstance(left, Readings) else (left,)
    rights = right.forms if isinstance(right, Readings) else (right,)
    pairs = [(lefts[0], rights[0])]
    pairs += [(lefts[0], other) for other in rights[1:]] + [(one, rights[0]) for one in lefts[1:]]
    verdicts = [match(one, other) for one, other in pairs]
    if Verdict.SAME in verdicts:
        return Verdict.SAME
    return verdicts[0]


def _unwrap(form: Form, other: Form) -> Form:
    """A collection of one is its member when the other side is no collection."""
    while isinstance(form, Group) and len(form.items) == 1 and not isinstance(other, Group):
        form = form.items[0]
    return form


def _match_kinds(left: Form, right: Form) -> Verdict:
    """Two different kinds: an interval as an inequality, an equation `y = …` as its right side."""
    for one, other in ((left, right), (right, left)):
        if isinstance(other, Scalar) and isinstance(one, Ratio | Clock | Measure):
            return _verdict(_is_number(one, other))
        if isinstance(one, Relation) and isinstance(other, Group):
            interval = _as_interval(one)
            if interval is not None:
                return _match_groups(interval, other)
        if isinstance(one, Relation) and isinstance(other, Scalar) and one.operators == ("=",):
            return _match_named(one, other)
        if isinstance(one, Text) and one.body and isinstance(other, Scalar):
            body = read(one.body)  # `(E) 55` is 55, too
            return Verdict.DIFFERENT if body is None else match(body, other)
        if isinstance(one, Text) and isinstance(other, Scalar):
            if one.label and len(one.label) == 1 and not one.body:
                return Verdict.DIFFERENT
            if one.symbolic and other.rational is None:
                return Verdict.UNDECIDED
    return Verdict.DIFFERENT


def _is_number(form: Ratio | Clock | Measure, scalar: Scalar) -> bool:
    """`3:2` is 3/2, `7 PM` 7, `1 hour 30 minutes` 90 minutes, but not 90."""
    if not scalar.literal or scalar.rational is None or scalar.percent:
        return False
    if isinstance(form, Ratio):
        return not scalar.unit and scalar.rational == ratios.quotient(form)
    if isinstance(form, Clock):
        named = scalar.unit in ("", form.half, "h")
        return named and bool(form.half) and not form.minute and scalar.rational == form.hour
    base = units.in_base(scalar.unit)
    return base is not None and (
        base[0] == form.dimension and base[1] * scalar.rational == form.value
    )


def _same_time(left: Clock, right: Clock) -> bool:
    """The half of the day may be left out; 15:45 is 3:45 PM."""
    if (left.minute, left.second) != (right.minute, right.second):
        return False
    if (left.half and right.half) or left.hour > 12 or right.hour > 12:
        return _hour(left) == _hour(right)
    return left.hour % 12 == right.hour % 12


def _hour(time: Clock) -> int:
    if not time.half or time.hour > 12:
        return time.hour % 24
    return time.hour % 12 + (12 if time.half == "pm" else 0)


def _match_named(relation: Relation, scalar: Scalar) -> Verdict:
    """`3x - y = 2` and `y = 3x - 2` (read as a scalar named y)."""
    difference = _difference(relation)
    if difference is None or not (len(scalar.name) == 1 and scalar.name.isalpha()):
        return Verdict.DIFFERENT
    name = Node(Operation.NAME, name=scalar.name)
    other = Node(Operation.ADD, (name, Node(Operation.NEGATE, (scalar.node,))))
    return _verdict(algebra.proportional(difference, other))


def _match_texts(left: Text, right: Text) -> Verdict:
    if words.same(left, right):
        return Verdict.SAME
    if left.unreadable or right.unreadable:
        return Verdict.DIFFERENT
    return Verdict.UNDECIDED if left.symbolic and right.symbolic else Verdict.DIFFERENT


def _match_scalars(left: Scalar, right: Scalar) -> Verdict:
    if not _same_name(left.name, right.name):
        return Verdict.DIFFERENT
    if left.unit != right.unit and not units.compatible(left.unit, right.unit):
        return _verdict(_converted(left, right))
    if left.names or right.names:
        same = algebra.same_expression(left.node, right.node)
        # `i` may be the imaginary unit, of which substitution knows nothing.
        open_question = same is None or (not same and "i" in left.names | right.names)
        return Verdict.UNDECIDED if open_question else _verdict(bool(same))
    if left.value is None or right.value is None:
        if left.node == right.node:
            return Verdict.SAME
        return _verdict(_same_big_power(left.node, right.node))
    if not _both_results(left, right):
        return Verdict.DIFFERENT
    if left.percent != right.percent:
        percent, bare = (left, right) if left.percent else (right, left)
        return _verdict(_same_percent(percent, bare))
    return _verdict(values.equal(left.value, right.value) or _rounded(left, right))


def _converted(left: Scalar, right: Scalar) -> bool:
    """`90 minutes` and `1.5 hours`, by units with an exact conversion."""
    one, other = units.in_base(left.unit), units.in_base(right.unit)
    if one is None or other is None or one[0] != other[0] or left.percent or right.percent:
        return False
    if not (left.literal and right.literal) or left.rational is None or right.rational is None:
        return False
    return left.rational * one[1] == right.rational * other[1]


def _verdict(same: bool) -> Verdict:
    return Verdict.SAME if same else Verdict.DIFFERENT


def _same_name(left: str, right: str) -> bool:
    """`x = 5` is not `y = 5`; longer left sides (`f(x)`, `Area`) are only descriptions."""
    simple = len(left) == 1 and len(right) == 1 and left.isalpha() and right.isalpha()
    return not simple or left.casefold() == right.casefold()


def _both_results(left: Scalar, right: Scalar) -> bool:
    """Whether no side is a computation (`6*7`, `5!`) whose plain value the other side is."""
    if left.literal == right.literal:
        return True
    result, computed = (left, right) if left.literal else (right, left)
    if result.rational is None or computed.value is None:
        return True
    return computed.rational is None and not values.equal(result.rational, computed.value)


def _same_percent(percent: Scalar, bare: Scalar) -> bool:
    if percent.value is None or bare.value is None:
        return False
    hundredth = values.divide(percent.value, Fraction(100))
    return values.equal(percent.value, bare.value) or values.equal(hundredth, bare.value)


def _rounded(left: Scalar, right: Scalar) -> bool:
    """Whether one side is a long decimal that rounds (or cuts) the other at its last digit."""
    if left.value is None or right.value is None:
        return False
    if _is_integer(left) or _is_integer(right):
        return False
    for decimal, exact in ((left, right), (right, left)):
        if decimal.digits < ROUNDED_DIGITS:
            continue
        if 0 < exact.digits <= decimal.digits:
            continue  # two decimals: only the shorter can be the rounding
        if exact.digits == 0 and _terminates(exact):
            continue
        last_place = values.to_decimal(Fraction(1, 10**decimal.decimals))
        gap = abs(
            values.to_decimal(decimal.value or Fraction(0))
            - values.to_decimal(exact.value or Fraction(0))
        )
        if gap < last_place:
            return True
    return False


def _is_integer(scalar: Scalar) -> bool:
    return isinstance(scalar.value, Fraction) and scalar.value.denominator == 1


def _terminates(scalar: Scalar) -> bool:
    """Whether the value has an exact decimal of moderate length, so that nobody had to round."""
    if not isinstance(scalar.value, Fraction):
        return False
    denominator = scalar.value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    return denominator == 1 and scalar.value.denominator < 10**6


def _same_big_power(left: Node, right: Node) -> bool:
    """Powers too large to compute (2024^4046) are equal when base and exponent are."""
    if left.operation is not Operation.POWER or right.operation is not Operation.POWER:
        return False
    return all(
        algebra.same_expression(a, b) is True
        for a, b in zip(left.arguments, right.arguments, strict=True)
    )


def _match_groups(left: Group, right: Group) -> Verdict:
    if not _same_name(left.name, right.name):
        return Verdict.DIFFERENT
    if not _same_brackets(left.kind, right.kind):
        return Verdict.DIFFERENT
    if len(left.items) != len(right.items):
        return Verdict.DIFFERENT
    if left.kind.ordered or right.kind.ordered:
        return _all_of([match(a, b) for a, b in zip(left.items, right.items, strict=True)])
    return _match_unordered(left.items, right.items)


def _same_brackets(left: Collection, right: Collection) -> bool:
    """A bare list goes with any; `[[1,2],[3,4]]` is a matrix."""
    if left is right or Collection.BARE in (left, right):
        return True
    return {left, right} in (
        {Collection.MATRIX, Collection.LIST},
        {Collection.ROW, Collection.LIST},
    )


def _all_of(verdicts: list[Verdict]) -> Verdict:
    if Verdict.DIFFERENT in verdicts:
        return Verdict.DIFFERENT
    return Verdict.UNDECIDED if Verdict.UNDECIDED in verdicts else Verdict.SAME


def _match_unordered(left: tuple[Form, ...], right: tuple[Form, ...]) -> Verdict:
    # What is written alike goes first; only the rest is compared pair by pair.
    counts, others = Counter(left), Counter(right)
    rest = list((counts - others).elements())
    remaining = list((others - counts).elements())
    if len(rest) > MAX_PAIRED:
        return Verdict.DIFFERENT
    verdicts = [[match(item, other) for other in remaining] for item in rest]
    if _can_pair(verdicts, {Verdict.SAME}):
        return Verdict.SAME
    undecided = _can_pair(verdicts, {Verdict.SAME, Verdict.UNDECIDED})
    return Verdict.UNDECIDED if undecided else Verdict.DIFFERENT


def _can_pair(verdicts: list[list[Verdict]], accepted: set[Verdict]) -> bool:
    """Whether all rows and columns can be paired off on accepted verdicts (Kuhn's algorithm).

    Taking the first match is not enough: 50% is 0.5 and 50, which are not the same.
    """
    partner: dict[int, int] = {}

    def place(row: int, tried: set[int]) -> bool:
        for column, verdict in enumerate(verdicts[row]):
            if verdict in accepted and column not in tried:
                tried.add(column)
                if column not in partner or place(partner[column], tried):
                    partner[column] = row
                    return True
        return False

    return all(place(row, set()) for row in range(len(verdicts)))


def _match_relations(left: Relation, right: Relation) -> Verdict:
    if left.operators == right.operators == ("=",):
        return _match_equations(left, right)
    verdicts = [_match_sides(left, right)]
    flipped = Relation(
        tuple(reversed(right.sides)),
        tuple(_FLIPPED.get(operator, operator) for operator in reversed(right.operators)),
    )
    verdicts.append(_match_sides(left, flipped))
    if Verdict.SAME in verdicts:
        return Verdict.SAME
    return Verdict.UNDECIDED if Verdict.UNDECIDED in verdicts else Verdict.DIFFERENT


def _match_sides(left: Relation, right: Relation) -> Verdict:
    if left.operators != right.operators:
        return Verdict.DIFFERENT
    return _all_of([match(a, b) for a, b in zip(left.sides, right.sides, strict=True)])


def _match_equations(left: Relation, right: Relation) -> Verdict:
    if _match_sides(left, right) is Verdict.SAME:
        return Verdict.SAME
    nodes = [_difference(relation) for relation in (left, right)]
    if nodes[0] is None or nodes[1] is None:
        return Verdict.UNDECIDED
    return _verdict(algebra.proportional(nodes[0], nodes[1]))


def _difference(relation: Relation) -> Node | None:
    nodes = [_node(side) for side in relation.sides]
    if nodes[0] is None or nodes[1] is None:
        return None
    return Node(Operation.ADD, (nodes[0], Node(Operation.NEGATE, (nodes[1],))))


def _node(form: Form) -> Node | None:
    if isinstance(form, Scalar):
        return form.node
    if isinstance(form, Text) and len(form.canonical) == 1:
        return Node(Operation.NAME, name=form.canonical)
    return None


_INFINITY: Final = Text("infinity")


def _as_interval(relation: Relation) -> Group | None:
    """`x < 3` as (-∞, 3) and `1 ≤ x < 2` as [1, 2), where one side is a single variable."""
    sides, operators = relation.sides, relation.operators
    if operators[0] in (">", "≥"):
        sides = tuple(reversed(sides))
        operators = tuple(_FLIPPED[operator] for operator in reversed(operators))
    if any(operator not in "<≤" for operator in operators):
        return None
    if len(sides) == 2:
        if _is_variable(sides[0]):
            sides, operators = (Text("-infinity"), *sides), ("<", *operators)
        else:
            sides, operators = (*sides, _INFINITY), (*operators, "<")
    if len(sides) != 3 or not _is_variable(sides[1]):
        return None
    brackets = ("(" if operators[0] == "<" else "[") + (")" if operators[1] == "<" else "]")
    return Group(Collection(brackets), (sides[0], sides[2]))


def _is_variable(form: Form) -> bool:
    return isinstance(form, Text) and len(form.canonical) == 1 and form.canonical.isalpha()
