"""What the commands do: score, audit, probe."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from math import fsum
from typing import Any

from reasoning_rewards.adapters.loading import as_batch_reward, as_composite, load_reward
from reasoning_rewards.attacks import check_honest, probe, suite
from reasoning_rewards.audit import COMPONENTS, ScoredRollout, audit
from reasoning_rewards.completions.schemas import REASONING_ANSWER, Schema, schema_named
from reasoning_rewards.confidence.reliability import calibration_report
from reasoning_rewards.errors import RewardError
from reasoning_rewards.probe_output import print_probe
from reasoning_rewards.reward import CompositeReward, Score, Weights
from reasoning_rewards.rollouts.layouts import Fields
from reasoning_rewards.rollouts.rows import (
    Rollout,
    Rollouts,
    check_folder,
    json_line,
    read_rollouts,
    write_rows,
)
from reasoning_rewards.table_output import print_table

_ASKED = {"": None, "yes": True, "no": False}


def score(options: argparse.Namespace) -> int:
    """Score a rollout file; the rows go to stdout or to `--output`, their means beside them."""
    reward = CompositeReward(
        _weights(options.weights) if options.weights else Weights(),
        stop=tuple(options.stop),
        prefill=options.prefill,
        schema=_schema(options) or REASONING_ANSWER,
        asked=_ASKED[options.asked],
    )
    if options.output:
        check_folder(options.output)
    rollouts = _read(options).items
    scores = _scores(reward, rollouts)
    scored = [
        rollout.row | {"score": _as_dict(score)}
        for rollout, score in zip(rollouts, scores, strict=True)
    ]
    summary = _summary(scores)
    if options.output:
        write_rows(scored, options.output)
    elif not options.json:
        for row in scored:
            print(json_line(row))
    if options.json:
        print(json.dumps(summary))
        return 0
    # The rows have stdout to themselves, so that they can be piped on.
    stream = sys.stdout if options.output else sys.stderr
    table = [(name, f"{value:.4f}") for name, value in summary.items() if isinstance(value, float)]
    if summary["auroc"] is None:
        table.append(("calibration", "no confidence stated"))
    print_table(f"means over {len(scores)} completions", ("component", "mean"), table, stream)
    if summary["errors"]:
        print(f"{summary['errors']} could not be scored: see error in their score", file=stream)
    if undecided := sum(summary["math"].values()) - summary["math"].get("decided", 0):
        outcomes = ", ".join(f"{name} {count}" for name, count in summary["math"].items() if count)
        print(
            f"answer pairs that Math-Verify left undecided, and that count as different: "
            f"{undecided} ({outcomes})",
            file=stream,
        )
    return 0


def compare(options: argparse.Namespace) -> int:
    """Compare two rewards on a rollout file."""
    schema = _schema(options)
    rollouts = _read(options).items
    asked = _ASKED[options.asked]
    a, weights_a = _scoring(options.a, rollouts, schema, asked)
    b, weights_b = _scoring(options.b, rollouts, schema, asked)
    report = audit(a, b, weights_a, weights_b)
    if options.json:
        print(json.dumps(asdict(report)))
        return 0
    changes = [
        (c.name, f"{c.mean_a:.4f}", f"{c.mean_b:.4f}", str(c.changed), f"{c.largest:.4f}")
        for c in report.changes
    ]
    title = f"{report.n} completions in {report.groups} groups: {options.a} against {options.b}"
    print_table(title, ("component", "mean a", "mean b", "changed", "largest"), changes)
    carried = [
        (name, f"{report.carried_a[name]:.3f}", f"{report.carried_b[name]:.3f}")
        for name in COMPONENTS
    ]
    print_table("share of the groups' advantage", ("component", "a", "b"), carried)
    print(f"groups whose best completion changes: {report.reordered}")
    print(f"correctness flips: {len(report.flips)}")
    for n in report.flips[:20]:
        before, after = a[n].correctness, b[n].correctness
        print(f"  row {n + 1}: {before:g} -> {after:g}  gold {rollouts[n].golds[0]!r}")
    return 0


def attack(options: argparse.Namespace) -> int:
    """Probe a reward; 1 if a property does not hold."""
    with redirect_stdout(sys.stderr):  # rewards print samples, and stdout is the report's
        named, schema = load_reward(options.reward), _schema(options)
        if (composite := as_composite(named, schema)) is not None:
            if schema not in (None, composite.schema):
                raise RewardError(
                    f"{options.reward} has the schema {composite.schema}, not {options.schema}"
                )
            named, schema = composite, composite.schema
        cases = suite(schema or REASONING_ANSWER)
        reward = as_batch_reward(named, options.gold_column)
        check_honest(reward, cases[0])
        results = probe(reward, cases)
    violated = print_probe(results, f"probe of {options.reward}", as_json=options.json)
    return 1 if violated else 0


def _read(options: argparse.Namespace) -> Rollouts:
    fields = Fields(options.prompt_field, options.completion_field, options.gold_field)
    rollouts = read_rollouts(options.file, fields, _schema(options) or REASONING_ANSWER)
    for note in rollouts.notes:
        print(f"reasoning-rewards: {note}", file=sys.stderr)
    return rollouts


def _schema(options: argparse.Namespace) -> Schema | None:
    return None if options.schema is None else schema_named(options.schema)


def _weights(text: str) -> Weights:
    parts = text.split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != 3:
        raise RewardError(f"weights are three numbers with commas, like .6,.25,.15, not {text!r}")
    return Weights(*numbers)


def _scores(reward: CompositeReward, rollouts: Sequence[Rollout]) -> list[Score]:
    return [reward.score(rollout.completion, rollout.golds, rollout.prompt) for rollout in rollouts]


def _as_dict(score: Score) -> dict[str, object]:
    values: dict[str, object] = {
        "total": score.total,
        "correctness": score.correctness,
        "structure": score.structure,
        "confidence": score.confidence,
        "stated_confidence": score.stated_confidence,
        "status": score.status.value,
        "items": dict(score.rubric.items),
        "pitfalls": dict(score.rubric.pitfalls),
    }
    return values | ({"error": score.error} if score.error else {})


def _summary(scores: Sequence[Score]) -> dict[str, Any]:
    n = len(scores)
    summary: dict[str, Any] = {"n": n}
    for name in ("total", *COMPONENTS):
        summary[name] = fsum(getattr(score, name) for score in scores) / n
    summary["well_formed"] = sum(score.status.value == "well_formed" for score in scores) / n
    held = [(s.stated_confidence, s.correctness) for s in scores if s.stated_confidence is not None]
    return summary | {
        "with_confidence": len(held) / n,
        **_calibration(held),
        "errors": sum(bool(score.error) for score in scores),
        "math": _math_counts(),
    }


def _calibration(held: Sequence[tuple[float, float]]) -> dict[str, float | None]:
    """Figures of the confidences that count; `None` where no completion has one."""
    names = ("ece", "brier", "auroc", "commonest_confidence_share")
    if not held:
        return dict.fromkeys(names)
    report = calibration_report([stated for stated, _ in held], [right for _, right in held])
    return dict(
        zip(names, (report.ece, report.brier, report.auroc, report.commonest_share), strict=True)
    )


def _math_counts() -> Mapping[str, int]:
    """What became of the pairs that Math-Verify was asked; empty if it never was."""
    symbolic = sys.modules.get("reasoning_rewards.symbolic.judge")
    return asdict(symbolic.shared_judge().counts()) if symbolic and symbolic.available() else {}


def _scoring(
    source: str, rollouts: Sequence[Rollout], schema: Schema | None, asked: bool | None
) -> tuple[list[ScoredRollout], Weights]:
    if source == "recorded":
        return [_recorded(rollout, n) for n, rollout in enumerate(rollouts, start=1)], Weights()
    if ":" in source:
        named = load_reward(source)
        reward = as_composite(named, schema)
        if reward is None:
            raise RewardError(f"audit needs components: a CompositeReward, not {named!r}")
    else:
        weights = Weights() if source == "default" else _weights(source)
        reward = CompositeReward(weights, schema=schema or REASONING_ANSWER, asked=asked)
    scores = _scores(reward, rollouts)
    return [
        ScoredRollout(_group(rollout), s.total, s.correctness, s.structure, s.confidence)
        for rollout, s in zip(rollouts, scores, strict=True)
    ], reward.weights


def _recorded(rollout: Rollout, number: int) -> ScoredRollout:
    """The scores a file carries, under `score` or in the row itself."""
    score = rollout.row.get("score", rollout.row)
    names = ("total", *COMPONENTS)
    if not isinstance(score, dict) or not all(isinstance(score.get(n), int | float) for n in names):
        raise RewardError(f"row {number} has no recorded scores ({', '.join(names)})")
    return ScoredRollout(_group(rollout), *(float(score[name]) for name in names))


def _group(rollout: Rollout) -> str:
    """Rows of one prompt; of one step, where a run's rollouts say which."""
    row = rollout.row
    return str(row.get("group", f"{row.get('step', '')}:{rollout.prompt}"))
