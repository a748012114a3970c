"""What a run's training did, in words: helped, harmed or not shown, and how much of it is form.

A base knows nothing of the schema, so most of its distance to a trained model may be the form of
the answer. What it gets right in the prompt format that suits it best (`best_prompt`) tells the two
apart: skill is what is gained over that, by final answers wherever they stand, and form the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean

from reasoning_train.evaluation.statistics import (
    PairedDifference,
    paired_difference,
    paired_mean_difference,
)
from reasoning_train.evaluation.wording import p_text

ALPHA = 0.05
FEWEST_DISCORDANT = 6
"""So many problems have to change, all one way, before McNemar's exact test comes below `ALPHA`:
2 · 2⁻⁶ = .031."""
LABELS = {"base": "the base", "sft": "SFT", "grpo": "GRPO"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one problem came out: right in the tags, right anywhere, and the reward."""

    strict: bool
    lenient: bool
    reward: float | None = None


Outcomes = Mapping[str, Outcome]
"""Problem to outcome."""


@dataclass(frozen=True, slots=True)
class Best:
    """The base in the prompt format that suits it best.

    Attributes:
        format: Its name; `schema` if no other one is better.
    """

    format: str
    outcomes: Outcomes


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a run in sentences.

    Attributes:
        headline: What the last stage did; empty without two evaluations of the same problems.
        form: How much of the gain is form and how much skill, one sentence each.
        serious: What makes the result a bad one.
        before: Of the headline's comparison.
        after: Of the headline's comparison.
        good: Whether the gain is significant and the result more than the base could do.
    """

    headline: str = ""
    form: tuple[str, ...] = ()
    serious: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    good: bool = False


def verdict(stages: Mapping[str, Outcomes], best: Best | None = None, holds: str = "") -> Verdict:
    """Judge a run by its evaluations.

    Args:
        stages: Outcomes of `base`, `sft` and `grpo`, in this order, as far as they are there.
        best: The base in its best prompt format, if that was looked for.
        holds: What the export holds, such as `GRPO, step 30`; empty without an export.
    """
    names = [name for name, found in stages.items() if found]
    if not names:
        return Verdict()
    last = names[-1]
    serious = []
    if last != "base" and not any(o.strict for o in stages[last].values()):
        serious.append(
            f"{LABELS[last]} has not one of {len(stages[last])} problems right"
            + (f"; the export holds {holds}" if holds else "")
            + "."
        )
    if len(names) < 2 or not _comparable(stages[names[-2]], stages[last]):
        return Verdict(form=_form(stages, best), serious=tuple(serious))
    before = names[-2]
    if before == "base" and best is not None and _comparable(best.outcomes, stages[last]):
        found = _paired(best.outcomes, stages[last], "lenient")
        shares = [_share(best.outcomes, "lenient"), _share(stages[last], "lenient")]
        beside = f" against the base's best prompt ({best.format})"
        points = 0.0
    else:
        found = _paired(stages[before], stages[last], "strict")
        shares = [_share(stages[before], "strict"), _share(stages[last], "strict")]
        beside = ""
        lenient = _paired(stages[before], stages[last], "lenient").difference
        points = found.difference - lenient
    figures = f"{100 * shares[0]:.1f} → {100 * shares[1]:.1f} %, {p_text(found.p_value)}"
    counted = f"{found.gained} problems newly right, {found.lost} newly wrong"
    label = LABELS[last]
    good = found.p_value < ALPHA and found.difference > 0
    if good:
        form = f"; {100 * points:.0f} of the points are form" if points >= 0.005 else ""
        headline = f"{label} helped{beside}: {counted} ({figures}, n = {found.n}){form}."
        could = _share(best.outcomes, "lenient") if best and best.outcomes else 0.0
        if could > _share(stages[last], "lenient"):
            good = False
            headline += f" The base itself gets more right, {100 * could:.1f} %, if asked well."
    elif found.p_value < ALPHA:
        headline = f"{label} made the model worse{beside}: {counted} ({figures}, n = {found.n})."
        serious.insert(0, _worse(label, beside, figures, holds))
    else:
        headline = (
            f"{label} was not shown to help or harm{beside}: {counted} ({figures}). "
            + _power(found.n)
        )
        fall = _reward_fall(stages[before], stages[last]) if not beside else None
        if fall is not None:
            serious.insert(0, _worse(label, " in mean reward", fall, holds))
    return Verdict(headline, _form(stages, best), tuple(serious), before, last, good)


def _worse(label: str, where: str, figures: str, holds: str) -> str:
    kept = f"; the export holds {holds}" if holds else ""
    return f"{label} made the model worse{where}: {figures}{kept}."


def _power(n: int) -> str:
    if n < FEWEST_DISCORDANT:
        return f"n = {n} could not have shown anything."
    return f"n = {n} could not have shown less than {100 * FEWEST_DISCORDANT / n:.1f} points."


def _reward_fall(before: Outcomes, after: Outcomes) -> str | None:
    """A significant fall of the mean reward; None without one."""
    pairs = [(one.reward, after[key].reward) for key, one in before.items()]
    known = [(a, b) for a, b in pairs if a is not None and b is not None]
    if len(known) < FEWEST_DISCORDANT or len(known) < len(pairs):
        return None
    first, second = [a for a, _ in known], [b for _, b in known]
    found = paired_mean_difference(first, second)
    if found.p_value >= ALPHA or found.difference >= 0:
        return None
    return f"{fmean(first):.3f} → {fmean(second):.3f}, {p_text(found.p_value)} (paired t)"


def _form(stages: Mapping[str, Outcomes], best: Best | None) -> tuple[str, ...]:
    """How each trained stage stands to the base at its best, and what of the last gain is form."""
    base = stages.get("base")
    if best is None or not base:
        return ()
    can = _share(best.outcomes, "lenient")
    told = f"{100 * can:.1f} % of {len(best.outcomes)} problems"
    if best.format == "schema":
        first = f"The base is at its best in the schema: {told} right, wherever the answer stands."
    else:
        first = (
            f"Asked in the {best.format} form the base gets {told} right; in the schema it has "
            f"{100 * _share(base, 'strict'):.1f} %."
        )
    sentences = [first]
    stands, last = [], ""
    for name in ("sft", "grpo"):
        found = stages.get(name)
        if found and _comparable(best.outcomes, found):
            difference = _paired(best.outcomes, found, "lenient").difference
            side = "below" if difference < 0 else "above"
            stands.append(
                f"{LABELS[name]}'s {100 * _share(found, 'lenient'):.1f} % is "
                f"{100 * abs(difference):.1f} points {side} that"
            )
            last = name
    if not last:
        return tuple(sentences)
    sentences.append(f"{', '.join(stands)} (final answers, wherever they stand).")
    skill = _share(stages[last], "lenient") - can
    total = _share(stages[last], "strict") - _share(base, "strict")
    if total > 0 and skill <= 0:
        sentences.append(
            f"So all {_points(total)} points from the base in the schema to {LABELS[last]} are "
            "form: the skill was in the base."
        )
    else:
        sentences.append(
            f"Of the {_points(total)} points from the base in the schema to {LABELS[last]}, "
            f"{_points(total - skill)} are form and {_points(skill)} skill."
        )
    return tuple(sentences)


def _points(value: float) -> str:
    return f"{100 * value:.1f}".replace("-", "−")


def _comparable(before: Outcomes, after: Outcomes) -> bool:
    return bool(before) and before.keys() == after.keys()


def _paired(before: Outcomes, after: Outcomes, measure: str) -> PairedDifference:
    keys = list(before)
    return paired_difference(
        [getattr(before[key], measure) for key in keys],
        [getattr(after[key], measure) for key in keys],
    )


def _share(outcomes: Outcomes, measure: str) -> float:
    return fmean(getattr(outcome, measure) for outcome in outcomes.values())
