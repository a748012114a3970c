"""The command `reasoning-rewards`: score, audit, probe."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from math import fsum
from pathlib import Path
from typing import Final

from reasoning_rewards.audit import COMPONENTS, ScoredRollout, audit
from reasoning_rewards.calibration import calibration_report
from reasoning_rewards.errors import RewardError
from reasoning_rewards.loading import as_batch_reward, load_reward
from reasoning_rewards.probe import ProbeResult, probe
from reasoning_rewards.reward import CompositeReward, Score, Weights
from reasoning_rewards.rollouts import Row, read_rollouts, write_rows
from reasoning_rewards.tables import print_table

ROLLOUTS: Final = "JSON lines, or (extra parquet) a Parquet file or a folder of them"

_EXAMPLES: Final = """examples:
  reasoning-rewards score rollouts.jsonl -o scored.jsonl
  reasoning-rewards score rollouts.jsonl --weights .7,.2,.1 | jq .score.total
  reasoning-rewards audit rollouts.jsonl --b .5,.3,.2
  reasoning-rewards audit runs/tiny-1/rollouts --a recorded --b default
  reasoning-rewards probe
  reasoning-rewards probe my_package.rewards:my_reward

A rollout file has one JSON object a line with the strings prompt, completion and gold. A reward is
named as package.module:name: a CompositeReward, a function in the convention of Tunix or TRL, or a
list of them.
exit codes: 0 done; 1 probe found a violation; 2 the input is wrong."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except RewardError as error:
        print(f"reasoning-rewards: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        return 0


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="reasoning-rewards",
        description="Score reasoning traces, compare rewards, and probe them for loopholes.",
        epilog=_EXAMPLES,
        formatter_class=raw,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    score = commands.add_parser(
        "score",
        help="score a rollout file",
        description="Score a rollout file: every row again with its components, and their means.",
    )
    score.add_argument("file", type=Path, metavar="FILE", help=ROLLOUTS)
    score.add_argument("-o", "--output", type=Path, help="write the rows here (default: stdout)")
    score.add_argument("--weights", metavar="C,S,F", help="correctness,structure,confidence")
    score.add_argument("--json", action="store_true", help="the means as one JSON object on stdout")
    score.set_defaults(run=_score)

    compare = commands.add_parser(
        "audit",
        help="compare two rewards on a rollout file",
        description="Compare two rewards on a rollout file: flips, changes per component, and "
        "which component carries the advantage within each group (rows of one prompt in one step).",
    )
    compare.add_argument("file", type=Path, metavar="FILE", help=ROLLOUTS)
    sources = "`default`, weights C,S,F, `recorded` (the file's own scores), or package.module:name"
    compare.add_argument("--a", default="default", help=f"first reward: {sources}")
    compare.add_argument("--b", default="default", help="second reward, likewise")
    compare.add_argument("--json", action="store_true", help="the report as one JSON object")
    compare.set_defaults(run=_audit)

    attack = commands.add_parser(
        "probe",
        help="run the adversarial suite against a reward",
        description="Run adversarial completions against a reward; exit 1 if one pays.",
    )
    attack.add_argument("reward", nargs="?", default="reasoning_rewards:CompositeReward")
    attack.add_argument("--json", action="store_true", help="the results as one JSON object")
    attack.set_defaults(run=_probe)
    return parser


def _weights(text: str) -> Weights:
    parts = text.split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != 3:
        raise RewardError(f"weights are three numbers with commas, like .6,.25,.15, not {text!r}")
    return Weights(*numbers)


def _score(options: argparse.Namespace) -> int:
    rows = read_rollouts(options.file)
    reward = CompositeReward(_weights(options.weights) if options.weights else Weights())
    scores = _score_rows(reward, rows)
    scored = [row | {"score": _as_dict(score)} for row, score in zip(rows, scores, strict=True)]
    summary = _summary(scores)
    if options.output:
        write_rows(scored, options.output)
    elif not options.json:
        for row in scored:
            print(json.dumps(row))
    if options.json:
        print(json.dumps(summary))
        return 0
    table = [(name, f"{value:.4f}") for name, value in summary.items() if name != "n"]
    # The rows have stdout to themselves, so that they can be piped on.
    stream = sys.stdout if options.output else sys.stderr
    print_table(f"means over {len(rows)} completions", ("component", "mean"), table, stream)
    return 0


def _score_rows(reward: CompositeReward, rows: Sequence[Row]) -> list[Score]:
    return reward.score_batch(
        [row["completion"] for row in rows],
        [row["gold"] for row in rows],
        [row["prompt"] for row in rows],
    )


def _as_dict(score: Score) -> dict[str, object]:
    return {
        "total": score.total,
        "correctness": score.correctness,
        "structure": score.structure,
        "confidence": score.confidence,
        "stated_confidence": score.stated_confidence,
        "status": score.status.value,
        "items": dict(score.rubric.items),
        "pitfalls": dict(score.rubric.pitfalls),
    }


def _summary(scores: Sequence[Score]) -> dict[str, float]:
    n = len(scores)
    summary: dict[str, float] = {"n": n}
    for name in ("total", *COMPONENTS):
        summary[name] = fsum(getattr(score, name) for score in scores) / n
    summary["well_formed"] = sum(score.status.value == "well_formed" for score in scores) / n
    calibration = calibration_report(
        [score.stated_confidence for score in scores], [score.correctness for score in scores]
    )
    return summary | {
        "ece": calibration.ece,
        "brier": calibration.brier,
        "auroc": calibration.auroc,
        "commonest_confidence_share": calibration.commonest_share,
    }


def _audit(options: argparse.Namespace) -> int:
    rows = read_rollouts(options.file)
    a, weights_a = _scoring(options.a, rows)
    b, weights_b = _scoring(options.b, rows)
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
        print(
            f"  row {n + 1}: {a[n].correctness:g} -> {b[n].correctness:g}  gold {rows[n]['gold']!r}"
        )
    return 0


def _scoring(source: str, rows: Sequence[Row]) -> tuple[list[ScoredRollout], Weights]:
    if source == "recorded":
        return [_recorded(row, n) for n, row in enumerate(rows, start=1)], Weights()
    if ":" in source:
        reward = load_reward(source)
        if isinstance(reward, type) and issubclass(reward, CompositeReward):
            reward = reward()
        if not isinstance(reward, CompositeReward):
            raise RewardError(f"audit needs components: a CompositeReward, not {reward!r}")
    else:
        reward = CompositeReward(Weights() if source == "default" else _weights(source))
    scores = _score_rows(reward, rows)
    return [
        ScoredRollout(_group(row), s.total, s.correctness, s.structure, s.confidence)
        for row, s in zip(rows, scores, strict=True)
    ], reward.weights


def _recorded(row: Row, number: int) -> ScoredRollout:
    """The scores a file carries, under `score` or in the row itself."""
    score = row.get("score", row)
    names = ("total", *COMPONENTS)
    if not isinstance(score, dict) or not all(isinstance(score.get(n), int | float) for n in names):
        raise RewardError(f"row {number} has no recorded scores ({', '.join(names)})")
    return ScoredRollout(_group(row), *(float(score[name]) for name in names))


def _group(row: Row) -> str:
    """Rows of one prompt; of one step, where a run's rollouts say which."""
    return str(row.get("group", f"{row.get('step', '')}:{row['prompt']}"))


def _probe(options: argparse.Namespace) -> int:
    results = probe(as_batch_reward(load_reward(options.reward)))
    violated = [result for result in results if result.problem]
    if options.json:
        print(json.dumps({"n": len(results), "violated": len(violated), "cases": _cases(results)}))
    else:
        table = [
            (r.case.name, f"{r.total:.3f}", f"{r.honest:.3f}", r.problem or "ok") for r in results
        ]
        print_table(f"probe of {options.reward}", ("case", "reward", "honest", "verdict"), table)
        print(f"{len(violated)} of {len(results)} violated")
    return 1 if violated else 0


def _cases(results: Sequence[ProbeResult]) -> list[dict[str, object]]:
    return [
        {
            "name": result.case.name,
            "expected": result.case.expected.value,
            "total": result.total,
            "honest": result.honest,
            "seconds": result.seconds,
            "problem": result.problem,
        }
        for result in results
    ]


if __name__ == "__main__":
    sys.exit(main())
