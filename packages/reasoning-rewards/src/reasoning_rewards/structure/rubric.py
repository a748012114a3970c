"""Structure: does the trace show its work? An explicit rubric, and multipliers for pitfalls.

The score is `gate * (Σ wⱼ cⱼ / Σ wⱼ) * Π multipliers` over the items that apply (Rubrics as
Rewards, arXiv 2507.17746, equation 1), rounded to a grid so that near-ties are exact ties.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import isfinite
from typing import Final, NamedTuple

from reasoning_rewards.answers.forms import Form, Scalar, Text
from reasoning_rewards.completions.trace import Trace, TraceStatus
from reasoning_rewards.errors import RewardError
from reasoning_rewards.structure.conclusion import mentions, values_of
from reasoning_rewards.structure.evidence import Evidence, gather
from reasoning_rewards.structure.grounding import connection
from reasoning_rewards.structure.lexicon import CONNECTIVES, grams, numbers_in

GRID: Final = 20

# What a fault of the schema leaves of the structure score.
GATES: Final = {
    TraceStatus.WELL_FORMED: 1.0,
    TraceStatus.TEXT_OUTSIDE: 0.5,
    TraceStatus.UNOPENED_REASONING: 0.5,
    TraceStatus.DUPLICATE_REASONING: 0.4,
    TraceStatus.WRONG_ORDER: 0.3,
    TraceStatus.DUPLICATE_ANSWER: 0.3,
    TraceStatus.MALFORMED_TAG: 0.3,
    TraceStatus.EMPTY_ANSWER: 0.3,
    TraceStatus.MISSING_ANSWER: 0.2,
    TraceStatus.TRUNCATED: 0.2,
    TraceStatus.MISSING_REASONING: 0.0,
    TraceStatus.NO_TAGS: 0.0,
    TraceStatus.EMPTY: 0.0,
}
_YES_NO: Final = frozenset(("yes", "no", "true", "false"))


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the rubric. `check` gives a value in [0, 1]; `None` where it does not apply."""

    name: str
    weight: float
    check: Callable[[Evidence], float | None]
    description: str = ""


@dataclass(frozen=True, slots=True)
class Pitfall:
    """A multiplier in [0, 1]: 1 where the trace avoids the pitfall."""

    name: str
    check: Callable[[Evidence], float]
    description: str = ""


class StructureScore(NamedTuple):
    """`value` in [0, 1] and what it is made of; an item that did not apply is `None`."""

    value: float
    gate: float
    items: dict[str, float | None]
    pitfalls: dict[str, float]


def _steps(evidence: Evidence) -> float:
    return (0.0, 0.7, 1.0)[min(evidence.steps, 2)]


def _arithmetic(evidence: Evidence) -> float | None:
    if evidence.equations:
        true = [equation.true for equation in evidence.equations]
        return true.count(True) / len(true)
    if evidence.answer_value is None:
        return None
    return 0.5 if evidence.steps else 0.0


def _conclusion(evidence: Evidence) -> float | None:
    if evidence.answer.casefold().strip(" .") in _YES_NO:
        return None
    if not evidence.steps and not evidence.equations:
        return 0.0
    if evidence.answer_value is not None and evidence.equations:
        # `30% * 50% = 15%` may be answered with 15.
        last = evidence.equations[-1].value
        if last == evidence.answer_value or last * 100 == evidence.answer_value:
            return 1.0
        results = [equation.value for equation in evidence.equations]
        named = evidence.answer_value in results
        return 0.8 if named or Fraction(evidence.answer_value, 100) in results else 0.0
    return mentions(evidence)


def _connected(evidence: Evidence) -> float | None:
    question = evidence.prompt.question
    if not question.quantities or question.algebraic:
        return None
    targets = values_of(evidence.form)
    if not targets and not isinstance(evidence.form, Scalar) and not _is_choice(evidence.form):
        targets = list(numbers_in(evidence.answer))  # a range, a sentence
    if not targets:
        return None
    return connection(question, targets, evidence.equations, evidence.segments)


def _is_choice(form: Form | None) -> bool:
    return isinstance(form, Text) and bool(form.label)


def _schema(evidence: Evidence) -> float:
    return float(evidence.trace.well_formed)


def _transitions(evidence: Evidence) -> float:
    if not evidence.steps:
        return 0.0
    return float(len(evidence.segments) > 1 or not CONNECTIVES.isdisjoint(evidence.vocabulary))


def _repetition(evidence: Evidence) -> float:
    words = evidence.words
    if len(words) < 12:
        return 1.0
    # Cheap bounds first. There are at least as many different 4-grams as different words or
    # different pairs of words, but for the last three and two.
    enough = 0.6 * len(words)
    if len(evidence.vocabulary) - 3 > enough or len(set(pairwise(words))) - 2 > enough:
        return 1.0
    unique = len(set(grams(words))) / (len(words) - 3)
    return 1.0 if unique > 0.6 else max(unique, 0.1)


def _copied(evidence: Evidence) -> float:
    words, prompt = evidence.words, evidence.prompt
    if len(words) < 8 or not prompt.words:
        return 1.0
    # A third of the vocabulary being one's own rules out a copy without looking at 4-grams.
    own = evidence.vocabulary - prompt.vocabulary
    if len(own) > 0.34 * len(evidence.vocabulary):
        return 1.0
    if not evidence.equations and len(own) < 0.15 * len(evidence.vocabulary):
        return 0.3  # the prompt's words, in whatever order
    # Every copied 4-gram begins with a word of the prompt, and with a copied pair.
    few = 0.6 * (len(words) - 3)
    if sum(map(prompt.vocabulary.__contains__, words)) < few:
        return 1.0
    if sum(map(frozenset(pairwise(prompt.words)).__contains__, pairwise(words))) < few:
        return 1.0
    copied = sum(map(frozenset(grams(prompt.words)).__contains__, grams(words)))
    return 1.0 if copied / (len(words) - 3) < 0.6 else 0.3


def _stuffing(evidence: Evidence) -> float:
    words = evidence.words
    used = CONNECTIVES & evidence.vocabulary
    # Every other word occurs at least once.
    if (
        not used
        or len(words) < 8
        or (len(words) - len(evidence.vocabulary) + len(used) < 0.35 * len(words))
    ):
        return 1.0
    share = sum(map(used.__contains__, words)) / len(words)
    return 1.0 if share < 0.35 else 0.4


def _noise(evidence: Evidence) -> float:
    if not evidence.noise_words:
        return 1.0
    return max(1.0 - 2.0 * evidence.noise_words / len(evidence.words), 0.1)


def _padding(evidence: Evidence) -> float:
    """Text that carries no step: by its share, and by the words that the steps leave over."""
    allowed = WORDS_ALLOWED + WORDS_PER_STEP * evidence.steps
    if len(evidence.words) > allowed:
        return max(allowed / len(evidence.words), 0.2)
    if evidence.filler_characters < FILLER_ALLOWED:
        return 1.0
    share = evidence.filler_characters / len(evidence.text)
    return 1.0 if share <= 0.5 else max(1.3 - share, 0.2)


# How wordy an honest trace may be before the rest counts as padding.
WORDS_ALLOWED: Final = 100
WORDS_PER_STEP: Final = 40
FILLER_ALLOWED: Final = 120  # characters
SOFT_CAP: Final = 6_000


def _length(evidence: Evidence) -> float:
    length = len(evidence.trace.reasoning)
    return 1.0 if length <= SOFT_CAP else max(SOFT_CAP / length, 0.2)


DEFAULT_ITEMS: Final = (
    Item("steps", 0.25, _steps, "content-bearing steps: two or more for full marks"),
    Item("arithmetic", 0.22, _arithmetic, "share of the stated equations that are true"),
    Item(
        "connected",
        0.30,
        _connected,
        "the answer is computed from the question's numbers",
    ),
    Item("conclusion", 0.15, _conclusion, "the last value, or the last words, give the answer"),
    Item("schema", 0.05, _schema, "exactly one reasoning and one answer block"),
    Item("transitions", 0.03, _transitions, "more than one sentence, or a connective"),
)
DEFAULT_PITFALLS: Final = (
    Pitfall("repetition", _repetition, "repeated word 4-grams"),
    Pitfall("copied_prompt", _copied, "most of the reasoning is the prompt"),
    Pitfall("connectives", _stuffing, "a third of the words are connectives"),
    Pitfall("noise", _noise, "letters that make no words"),
    Pitfall("padding", _padding, "most of the text says nothing new"),
    Pitfall("length", _length, f"beyond {SOFT_CAP} characters"),
)


@dataclass(frozen=True, slots=True)
class Rubric:
    """Weighted items and pitfalls; print it, switch items off, reweight them or add your own."""

    items: tuple[Item, ...] = DEFAULT_ITEMS
    pitfalls: tuple[Pitfall, ...] = DEFAULT_PITFALLS

    def __post_init__(self) -> None:
        names = [item.name for item in self.items] + [pitfall.name for pitfall in self.pitfalls]
        if len(set(names)) != len(names):
            raise RewardError(f"two rubric entries have the same name: {names!r}")
        for item in self.items:
            if not (isfinite(item.weight) and item.weight >= 0):
                raise RewardError(f"the weight of {item.name!r} must be 0 or more: {item.weight!r}")

    def without(self, *names: str) -> "Rubric":
        """This rubric with items or pitfalls switched off."""
        self._check_names(names)
        return Rubric(
            tuple(item for item in self.items if item.name not in names),
            tuple(pitfall for pitfall in self.pitfalls if pitfall.name not in names),
        )

    def reweighted(self, **weights: float) -> "Rubric":
        """This rubric with other weights for some items; weights need not sum to one."""
        self._check_names(tuple(weights))
        items = tuple(replace(i, weight=weights.get(i.name, i.weight)) for i in self.items)
        return Rubric(items, self.pitfalls)

    def with_entry(self, entry: Item | Pitfall) -> "Rubric":
        """This rubric with one more item or pitfall."""
        if isinstance(entry, Item):
            return Rubric((*self.items, entry), self.pitfalls)
        return Rubric(self.items, (*self.pitfalls, entry))

    def _check_names(self, names: tuple[str, ...]) -> None:
        known = [item.name for item in self.items] + [pitfall.name for pitfall in self.pitfalls]
        for name in names:
            if name not in known:
                raise RewardError(f"no rubric entry {name!r}; there are {', '.join(known)}")

    def score(self, trace: Trace, prompt: str = "") -> StructureScore:
        """The structure of a trace; the prompt lets it tell copying from reasoning."""
        if GATES[trace.status] == 0.0:
            return StructureScore(0.0, 0.0, {}, {})
        return self.judge(gather(trace, prompt))

    def judge(self, evidence: Evidence) -> StructureScore:
        """The structure of a trace whose evidence is gathered."""
        gate = GATES[evidence.trace.status]
        items: dict[str, float | None] = {}
        total = weight = 0.0
        for item in self.items:
            value = items[item.name] = item.check(evidence)
            if value is not None:
                total += item.weight * value
                weight += item.weight
        score = gate * total / weight if weight else 0.0
        pitfalls: dict[str, float] = {}
        for pitfall in self.pitfalls:
            multiplier = pitfalls[pitfall.name] = pitfall.check(evidence)
            score *= multiplier
        return StructureScore(_on_grid(score), gate, items, pitfalls)

    def __str__(self) -> str:
        rows = [f"{item.weight:5.2f}  {item.name:<14} {item.description}" for item in self.items]
        rows += [f"    x  {p.name:<14} {p.description}" for p in self.pitfalls]
        return "\n".join(rows)


def _on_grid(value: float) -> float:
    return round(min(max(value, 0.0), 1.0) * GRID + 1e-9) / GRID
