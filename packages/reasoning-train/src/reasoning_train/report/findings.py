"""Warnings that a reader should know before relying on the rest of the page."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import fmean
from typing import Any

from reasoning_train.evaluation.alarms import AlarmKind, alarms
from reasoning_train.evaluation.divergence import Disagreement
from reasoning_train.evaluation.map_against_training import map_against_training
from reasoning_train.evaluation.outcome import warnings
from reasoning_train.evaluation.statistics import wilson
from reasoning_train.evaluation.verdict import FEWEST_DISCORDANT, Outcomes
from reasoning_train.report.evaluations import STAGE_LABELS, Evaluation
from reasoning_train.report.load import RunView
from reasoning_train.report.verdicts import best_of, outcomes, run_verdict
from reasoning_train.run_dir.choice import choice_line, is_start
from reasoning_train.run_dir.records import as_number, finite, mapping

MANY_CUT = 0.05
MANY_DROPPED = 0.05
FEW = 100
MANY_WITHOUT_VARIANCE = 0.5
ALMOST_ALL_WITHOUT_VARIANCE = 0.9


class Level(StrEnum):
    """Severity of a warning."""

    SERIOUS = "serious"
    """The results may be wrong."""
    CAUTION = "caution"
    """The results may be misleading."""
    NOTE = "note"
    """Useful to know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Warning about a run.

    Attributes:
        level: Severity.
        title: What was found, in a few words.
        text: What was found in detail, and what it means.
        run: Name of the run.
        examples: Completions that show it.
    """

    level: Level
    title: str
    text: str
    run: str = ""
    examples: tuple[Disagreement, ...] = ()


def findings(run: RunView) -> list[Finding]:
    """Return all warnings about a run, the most severe first."""
    found = [
        *_outcome(run),
        *_choice(run),
        *_dropped(run),
        *_confidences(run),
        *_few(run),
        *_divergence(run),
        *_non_finite(run),
        *_left_out(run),
        *_zero_variance(run),
        *_cut(run),
        *_clock(run),
        *_unfinished(run),
        *_evaluations(run),
        *_strangers(run),
        *_changed_data(run),
        *_unreadable(run),
    ]
    order = list(Level)
    return sorted(
        (replace(finding, run=run.name) for finding in found),
        key=lambda f: order.index(f.level),
    )


def merged(found: Sequence[Finding]) -> list[Finding]:
    """Merge the same warning about several runs into one with the text of each run."""
    alike: dict[tuple[Level, str], list[Finding]] = {}
    for finding in found:
        alike.setdefault((finding.level, finding.title), []).append(finding)
    return [same[0] if len(same) == 1 else _together(same) for same in alike.values()]


def _together(same: Sequence[Finding]) -> Finding:
    texts = list(dict.fromkeys(f.text for f in same))
    return replace(
        same[0],
        text=texts[0] if len(texts) == 1 else " ".join(f"{f.run}: {f.text}" for f in same),
        run=", ".join(dict.fromkeys(f.run for f in same)),
        examples=tuple(example for f in same for example in f.examples[:2]),
    )


CHECKED = (
    "a result worse than before training or than the base's best, a GRPO without a checkpoint "
    "better than SFT, rows left out, confidences that are missing or all the same, too few "
    "problems, disagreement between the reward and an independent extractor, values that are not "
    "finite, skipped steps, rollouts without a reward, groups without variance, completions cut "
    "off at the length limit, stages stopped by the clock, missing or unfinished evaluations, "
    "predictions for other problems, data changed since training, damaged lines"
)
"""List of the checks, which the page shows if they found nothing."""


ALARMS = {
    AlarmKind.LEVEL: "The reward pays for wrong answers",
    AlarmKind.GROWTH: "The reward pays for more and more wrong answers",
    AlarmKind.OPPOSITE: "The reward rose while the accuracy fell",
    AlarmKind.UNEARNED: "The reward rose while the accuracy did not",
}


def _outcome(run: RunView) -> Iterator[Finding]:
    """Yield warnings about bad results, and about results below the base's best."""
    said = run_verdict(run).said
    for line in said.serious:
        yield Finding(Level.SERIOUS, line.partition(":")[0].rstrip("."), line)
    best = best_of(run.evaluations)
    last = next((e for e in reversed(run.evaluations) if e.name in ("grpo", "sft")), None)
    if best is None or last is None or last.summary is None or said.serious:
        return
    could, does = (outcomes(e, run.held_out) for e in (best, last))
    if could.keys() == does.keys() and _right(does) < _right(could):
        yield Finding(
            Level.CAUTION,
            f"{last.label} solves fewer problems than the base with its best prompt",
            " ".join(said.form),
        )


def _choice(run: RunView) -> Iterator[Finding]:
    """Yield a warning about which checkpoint was chosen, and that its reward is a maximum."""
    if not run.choice:
        return
    text = choice_line(run.choice)
    text = f"{text[0].upper()}{text[1:]}."
    if is_start(run.choice):
        yield Finding(Level.CAUTION, "No checkpoint of GRPO earned a higher reward than SFT", text)
    else:
        yield Finding(Level.NOTE, "GRPO's output was chosen among its checkpoints", text)


def _right(found: Outcomes) -> int:
    return sum(outcome.lenient for outcome in found.values())


def _dropped(run: RunView) -> Iterator[Finding]:
    """Yield warnings about rows that were requested but are missing."""
    data = mapping(run.config, "data")
    given = data.get("build") or data.get("evaluations")  # as large as they were made
    wanted = None if given else finite(data, "eval_problems")
    held = len(run.held_out.problems or {})
    why = ", ".join(f"{r} {n}" for r, n in mapping(run.data_manifest, "rejected").items() if n)
    reasons = f" Rejected rows: {why}." if why else ""
    if (
        held
        and wanted is not None
        and held < wanted
        and not mapping(run.config, "data").get("build")
    ):
        yield Finding(
            Level.CAUTION,
            f"Only {held} of the {wanted:.0f} requested held-out problems are present",
            "The figures are based on these. If long problems were left out, the accuracy is "
            f"overestimated.{reasons}",
        )
    steps = run.data_manifest.get("steps")
    counts = [
        as_number(step[1])
        for step in (steps if isinstance(steps, list) else [])
        if isinstance(step, list) and len(step) == 2
    ]
    if not counts or counts[0] is None or counts[-1] is None or not counts[0] > 0:
        return
    share = 1 - counts[-1] / counts[0]
    if share > MANY_DROPPED:
        yield Finding(
            Level.CAUTION,
            f"{share:.0%} of the rows were left out of the data",
            f"{counts[0] - counts[-1]:,.0f} of {counts[0]:,.0f}.{reasons}",
        )


def _confidences(run: RunView) -> Iterator[Finding]:
    """Yield warnings about confidences that are missing or all the same."""
    finished = [e for e in run.evaluations if e.summary is not None and e.rows]
    trained = [e for e in finished if e.name.partition("-")[0] != "base"]
    for evaluation in trained:
        for line in warnings(_with_commonest(evaluation)):
            yield Finding(Level.CAUTION, f"{evaluation.label}: one confidence for all", f"{line}.")
    summaries = {e.name: e.summary for e in finished if e.summary is not None}
    if compared := map_against_training(summaries):
        level = Level.CAUTION if "as well as training" in compared else Level.NOTE
        yield Finding(level, "Confidence: training against a map fitted afterwards", compared)
    if finished and not any(r.stated_confidence is not None for e in finished for r in e.rows):
        yield Finding(
            Level.NOTE,
            "No completion states a confidence",
            "So calibration cannot be measured, and the reward pays nothing for confidence.",
        )


def _with_commonest(evaluation: Evaluation) -> Mapping[str, Any]:
    """Return the summary with `commonest_stated`, which earlier versions did not record."""
    summary = evaluation.summary or {}
    stated = [r.stated_confidence for r in evaluation.rows if r.stated_confidence is not None]
    if "commonest_stated" in summary or not stated:
        return summary
    share = Counter(stated).most_common(1)[0][1] / len(stated)
    return {**summary, "commonest_stated": share}


def _few(run: RunView) -> Iterator[Finding]:
    sizes = [len(e.rows) for e in run.evaluations if e.summary is not None and e.rows]
    if sizes and min(sizes) < FEW:
        n = min(sizes)
        ends = wilson(n // 2, n)
        yield Finding(
            Level.NOTE,
            f"Only {n} held-out problems",
            "An accuracy of 50 % is known only to within "
            f"± {100 * (ends.high - ends.low) / 2:.0f} points, and McNemar's test cannot detect a "
            f"difference below {100 * FEWEST_DISCORDANT / n:.0f} points.",
        )


def _divergence(run: RunView) -> Iterator[Finding]:
    steps = [s.agreement for s in run.rollouts if s.agreement is not None]
    for alarm in alarms(steps):
        yield Finding(
            Level.SERIOUS,
            ALARMS[alarm.kind],
            f"During training {alarm.message}. This is what reward hacking looks like: the policy "
            "satisfies the reward without solving the problems.",
            examples=alarm.examples,
        )
    for evaluation in run.evaluations:
        hacked = sum(row.hacked for row in evaluation.rows)
        if hacked:
            yield Finding(
                Level.CAUTION,
                f"{evaluation.label}: rewarded, but wrong according to an independent extractor",
                f"{hacked} of {len(evaluation.rows)} completions. Read them with the filter "
                "“Hacked” below: either the reward accepts an answer that is not there, or the "
                "simple extractor misses one that is.",
            )


def _non_finite(run: RunView) -> Iterator[Finding]:
    for stage, points in run.metrics.stages.items():
        bad = run.metrics.non_finite(stage)
        skipped = [step for step, value in run.metrics.series(stage, "skipped") if value > 0]
        if not bad and not skipped:
            continue
        parts = [f"{name} in {len(steps)} ({_places(steps)})" for name, steps in bad.items()]
        text = f"Of {len(points)} steps: {'; '.join(parts)}." if parts else ""
        if skipped:
            text += f" The optimizer skipped {len(skipped)}, which changed nothing."
        names = ", ".join(bad) or "loss or gradient"
        yield Finding(Level.SERIOUS, f"{_label(stage)}: {names} not finite", text.strip())


def _places(steps: list[int]) -> str:
    return f"step {', '.join(map(str, steps[:8]))}{' …' if len(steps) > 8 else ''}"


def _left_out(run: RunView) -> Iterator[Finding]:
    shares = [value for _, value in run.metrics.series("grpo", "left_out") if value > 0]
    if shares:
        yield Finding(
            Level.CAUTION,
            "Rollouts without a reward",
            f"In {len(shares)} steps, a user-defined reward function raised an error, timed out or "
            f"did not return a number, for up to {max(shares):.1%} of the completions. These were "
            "left out of the update.",
        )


def _zero_variance(run: RunView) -> Iterator[Finding]:
    values = [v for _, v in run.metrics.series("grpo", "zero_variance_share") if 0 <= v <= 1]
    if not values or fmean(values) <= MANY_WITHOUT_VARIANCE:
        return
    share = fmean(values)
    late = fmean(values[-max(1, len(values) // 5) :])
    yield Finding(
        Level.SERIOUS if share > ALMOST_ALL_WITHOUT_VARIANCE else Level.CAUTION,
        "Most groups taught nothing",
        f"In {share:.0%} of the groups ({late:.0%} in the last fifth of the steps), all "
        "completions had the same reward, so their advantages are zero. Problems of medium "
        "difficulty, a higher temperature or larger groups help.",
    )


def _cut(run: RunView) -> Iterator[Finding]:
    for evaluation in run.evaluations:
        if evaluation.name.partition("-")[0] == "base":
            continue  # the base was never taught where to stop
        known = [not row.finished for row in evaluation.rows if row.finished is not None]
        share = fmean(known) if known else finite(evaluation.summary or {}, "cut")
        if share is not None and share > MANY_CUT:
            yield Finding(
                Level.CAUTION,
                f"{evaluation.label}: completions cut off at the length limit",
                f"{share:.1%} reached the limit before they ended; their answers may be missing.",
            )
    rows = sum(step.rows for step in run.rollouts if step.cut is not None)
    if rows:
        cut = sum(step.rows * step.cut for step in run.rollouts if step.cut is not None) / rows
        if cut > MANY_CUT:
            yield Finding(
                Level.CAUTION,
                "GRPO: rollouts cut off at the length limit",
                f"{cut:.1%} of {rows:,} rollouts reached the limit before they ended.",
            )


def _clock(run: RunView) -> Iterator[Finding]:
    for stage in ("sft", "grpo"):
        planned, made = run.steps_planned(stage), run.steps_made(stage)
        if stage in run.done and planned is not None and made < planned:
            budget = str(run.config.get("budget") or "")
            why = f"the clock (budget {budget}) stopped it" if budget else "it ended early"
            yield Finding(
                Level.CAUTION,
                f"{_label(stage)} made {made} of {planned} steps",
                f"{why[0].upper()}{why[1:]} before the learning-rate schedule was complete.",
            )


def _unfinished(run: RunView) -> Iterator[Finding]:
    for stage, times in run.metrics.restarts.items():
        yield Finding(
            Level.NOTE,
            f"{_label(stage)} was restarted {times} time{'s' if times > 1 else ''}",
            "The process was interrupted. Steps that were repeated after a restart appear only "
            "once in the curves.",
        )
    if run.finished:
        return
    done = ", ".join(run.done) or "no stage"
    final = "grpo-evaluation" in run.done
    yield Finding(
        Level.NOTE,
        "This run is not finished",
        "Only its export is missing; the figures are final."
        if final
        else f"Finished so far: {done}. The figures may still change.",
    )


def _evaluations(run: RunView) -> Iterator[Finding]:
    names = {evaluation.name for evaluation in run.evaluations}
    after = {"base": "base", "sft": "sft-evaluation", "grpo": "grpo-evaluation"}
    missing = [n for n, stage in after.items() if n not in names and stage in run.done]
    if not names:
        yield Finding(
            Level.SERIOUS if run.finished else Level.NOTE,
            "No evaluation yet",
            "Without one there is nothing to compare; training rewards are not accuracies.",
        )
    elif missing or (run.finished and not after.keys() <= names):
        lacking = [STAGE_LABELS[n] for n in after if n not in names]
        yield Finding(
            Level.SERIOUS,
            f"Missing evaluation: {', '.join(lacking)}",
            "Its file is not in the run directory, so there is nothing to compare with.",
        )
    sizes = {e.name: len(e.rows) for e in run.evaluations}
    full = len(run.held_out.problems or {}) or max(sizes.values(), default=0)
    for evaluation in run.evaluations:
        yield from _one_evaluation(evaluation, full)


def _one_evaluation(evaluation: Evaluation, full: int) -> Iterator[Finding]:
    rows, n = len(evaluation.rows), finite(evaluation.summary or {}, "n")
    if evaluation.summary is None:
        yield Finding(
            Level.NOTE,
            f"{evaluation.label}: evaluation unfinished",
            f"{rows} of {full} problems so far; its figures are preliminary.",
        )
    elif not rows:
        yield Finding(
            Level.CAUTION,
            f"{evaluation.label}: no predictions behind the figures",
            "The figures cannot be checked or compared in pairs, and there is nothing to read.",
        )
    elif n is not None and n != rows:
        yield Finding(
            Level.CAUTION,
            f"{evaluation.label}: {rows} predictions, but figures over {n:.0f}",
            "The summary and the predictions are from different evaluations, or lines are missing.",
        )
    if evaluation.repeated:
        yield Finding(
            Level.CAUTION,
            f"{evaluation.label}: {evaluation.repeated} predictions repeat a problem",
            "Only the last prediction for each problem counts here.",
        )


def _strangers(run: RunView) -> Iterator[Finding]:
    known = run.held_out.problems
    if not known:
        return
    for evaluation in run.evaluations:
        strange = [r for r in evaluation.rows if r.id not in known or known[r.id].gold != r.gold]
        if strange:
            yield Finding(
                Level.SERIOUS,
                f"{evaluation.label}: predictions that belong to no held-out problem of this run",
                f"{len(strange)} of {len(evaluation.rows)}, the first {strange[0].id!r:.80}.",
            )


def _changed_data(run: RunView) -> Iterator[Finding]:
    trained_on = run.manifest.get("data_manifest_sha256")
    if trained_on and run.data_manifest_sha256 and trained_on != run.data_manifest_sha256:
        yield Finding(
            Level.SERIOUS,
            "The data has changed since training",
            "data/manifest.json has a different SHA-256 from the one in the run's manifest.",
        )
    files = mapping(run.data_manifest, "files")
    recorded = mapping(files, run.held_out.file).get("sha256")
    if recorded and recorded != run.held_out.sha256:
        yield Finding(
            Level.SERIOUS,
            "The held-out problems were changed",
            f"data/{run.held_out.file} has a different SHA-256 from the one in its manifest.",
        )


def _unreadable(run: RunView) -> Iterator[Finding]:
    for reason in run.unreadable:
        yield Finding(Level.CAUTION, "A file cannot be read", f"{reason}. The rest is shown.")
    skipped = {
        "metrics.jsonl": run.metrics.skipped,
        "the rollouts": sum(step.skipped for step in run.rollouts),
        **{f"evaluation/{e.name}.predictions.jsonl": e.skipped for e in run.evaluations},
    }
    parts = [f"{count} in {place}" for place, count in skipped.items() if count]
    if parts:
        count = sum(skipped.values())
        yield Finding(
            Level.CAUTION if count > 1 else Level.NOTE,
            f"{count} damaged {'lines were' if count > 1 else 'line was'} skipped",
            f"{', '.join(parts)}. A killed process leaves its last line incomplete.",
        )


def _label(stage: str) -> str:
    return STAGE_LABELS.get(stage, stage)
