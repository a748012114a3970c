"""Whether an answer hangs together with the numbers of its question, through true equations.

The answer's ancestors are the numbers that it was computed from, and what those were computed from
in turn. A trace that reads the question has the question's numbers among them; a ladder of sums
that happens to end in the right value has not.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Final

from reasoning_rewards.equations.arithmetic import Number, ratio
from reasoning_rewards.equations.checking import Equation
from reasoning_rewards.structure.lexicon import to_number
from reasoning_rewards.structure.quantities import Question

# What an equation is worth that computes with a number out of nowhere.
UNGROUNDED: Final = 0.3
# Numbers that need no source: small counts, and what everyday units and percentages come with.
COMMON: Final = frozenset(
    (*range(11), 12, 24, 30, 31, 52, 60, 100, 365, 1000, Fraction(1, 2), Fraction(1, 4))
)
MAX_SEGMENTS: Final = 40
MAX_NUMBERS: Final = 6

_NUMERAL: Final = re.compile(r"\d[\d,]*(?:\.\d+)?")


def connection(
    question: Question,
    targets: Sequence[Number],
    equations: Iterable[Equation],
    segments: tuple[str, ...],
) -> float:
    """How far the targets hang together with a question that has numbers, in [0, 1].

    The share of its numbers among the targets' ancestors, times the share of the true equations
    that lead to the targets, times `UNGROUNDED` where one computes with a number out of nowhere.
    Where the equations alone do not get there, what sentences say without an equals sign counts,
    too.
    """
    stated = [(e.operands, e.value) for e in equations if e.true and not e.trivial]
    web = _Web(question, stated)
    goals = [web.goal(target) for target in targets]
    if any(goal is None or web.credits[goal] < 1.0 for goal in goals):
        said = _said(segments, question.known)
        web = _Web(question, [*said, *stated])
        goals = [web.goal(target) for target in targets]
    reached = [goal for goal in goals if goal is not None]
    if not reached:
        return 0.0
    ancestors = web.ancestors(reached)
    unused = sum(map(ancestors.isdisjoint, question.quantities))
    used = len(question.quantities) - unused
    credit = min([web.credits[goal] for goal in reached]) * len(reached) / len(goals)
    return used / len(question.quantities) * credit * web.share_of(ancestors.union(reached))


class _Web:
    """Numbers and what they were computed from; `credits` are 1 where all of that has a source."""

    def __init__(
        self, question: Question, computations: Iterable[tuple[tuple[Number, ...], Number]]
    ) -> None:
        self.credits: dict[Number, float] = {}
        self._known = question.known
        self._factors = question.factors
        self._sources: dict[Number, set[Number]] = {}
        self._results: list[Number] = []
        credits, sources, known = self.credits, self._sources, question.known
        for operands, value in computations:
            credit = 1.0
            for operand in operands:
                if operand not in known and operand not in COMMON:
                    credit = min(credit, self._credit(operand))
            self._results.append(value)
            if credit > credits.get(value, 0.0):
                credits[value] = credit
            if value in sources:
                sources[value].update(operands)
            else:
                sources[value] = set(operands)

    def _credit(self, number: Number) -> float:
        """What a number is worth that is none of the question's."""
        credit = self.credits.get(number)
        if credit is None:
            found = self.find(number)
            credit = UNGROUNDED if found is None else self.credits[found]
        return credit

    def find(self, number: Number) -> Number | None:
        """The result that a number is, perhaps as a percentage."""
        if number in self.credits:
            return number
        for other in (number * 100, _hundredth(number)):
            if other in self.credits:
                return other
        return None

    def goal(self, target: Number) -> Number | None:
        """The result that an answer is: perhaps rounded to a whole number, or in another unit."""
        found = self.find(target)
        if found is not None or not isinstance(target, int):
            return found
        for result in reversed(self._results):
            if isinstance(result, Fraction) and abs(result - target) < 1:
                return result
        for factor in sorted(self._factors):  # a set's order changes from run to run
            for other in (target * factor, Fraction(target) / factor):
                if other in self.credits:
                    return other
        return None

    def ancestors(self, goals: Iterable[Number]) -> set[Number]:
        found: set[Number] = set()
        stack = list(goals)
        while stack:
            for source in self._sources.get(stack.pop(), ()):
                if source not in found:
                    found.add(source)
                    if source in self.credits:
                        stack.append(source)
                    elif source not in self._known and (result := self.find(source)) is not None:
                        stack.append(result)
        return found

    def share_of(self, used: set[Number]) -> float:
        """The share of the results that are among these numbers."""
        leading = sum(
            result in used or result * 100 in used or _hundredth(result) in used
            for result in self._results
        )
        return leading / len(self._results)


def _hundredth(number: Number) -> Number:
    """A hundredth of a number."""
    return ratio(number.numerator, number.denominator * 100)


def _said(
    segments: tuple[str, ...], known: frozenset[Number]
) -> Iterator[tuple[tuple[Number, ...], Number]]:
    """Computations in sentences: `18 mugs at 4 dollars bring 72`, or a total of earlier ones."""
    totals: list[Number] = []
    for segment in segments[:MAX_SEGMENTS]:
        if "=" in segment:
            continue
        numbers = [to_number(token) for token in _NUMERAL.findall(segment)[:MAX_NUMBERS]]
        if not numbers or (value := numbers[-1]) is None or value in known or value in totals:
            continue
        before = [number for number in numbers[:-1] if number]
        operands = _operands_of(value, before) or _operands_of(value, totals[-2:])
        if operands is None and len(totals) > 2 and sum(totals) == value:
            operands = tuple(totals)
        if operands:
            totals.append(value)
            yield operands, value


def _operands_of(value: Number, numbers: list[Number]) -> tuple[Number, ...] | None:
    """Two of the numbers that make the value by one operation, or all of them by a sum."""
    for index, left in enumerate(numbers):
        for right in numbers[index + 1 :]:
            made = (left * right, left + right, left - right, right - left)
            if value in made or value * right == left or value * left == right:
                return left, right
    return tuple(numbers) if len(numbers) > 2 and sum(numbers) == value else None
