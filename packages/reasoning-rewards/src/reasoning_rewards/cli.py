"""The command `reasoning-rewards`: score, audit, probe, rubric, judge."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from reasoning_rewards import commands
from reasoning_rewards.errors import RewardError
from reasoning_rewards.judge.command import add_commands

ROLLOUTS: Final = (
    "JSON lines, a JSON array, or (extra parquet) Parquet; compressed or not; a folder of such "
    "files; - for standard input"
)

_EXAMPLES: Final = """examples:
  reasoning-rewards score rollouts.jsonl -o scored.jsonl
  reasoning-rewards score rollouts.jsonl --weights .7,.2,.1 | jq .score.total
  zcat rollouts.jsonl.gz | reasoning-rewards score -
  reasoning-rewards score samples_gsm8k.jsonl --json
  reasoning-rewards score rollouts.jsonl --schema think-boxed
  reasoning-rewards score rows.jsonl --completion-field response.text --gold-field meta.answer
  reasoning-rewards audit rollouts.jsonl --b .5,.3,.2
  reasoning-rewards audit runs/tiny-1/rollouts --a recorded --b default
  reasoning-rewards probe
  reasoning-rewards probe my_package.rewards:my_reward
  reasoning-rewards rubric mine.toml
  reasoning-rewards judge rollouts.jsonl --rubric mine.toml --model google/gemma-3-27b-it

A rollout file has rows with prompt, completion and gold: texts, or conversations. The rows that
verl, lm-eval and verifiers write are known; of TRL's, --gold-field names the gold's column. A
reward is named as package.module:name or file.py:name: a CompositeReward, a function in the
convention of Tunix, TRL, verl, verifiers or reasoning-train, or a list of them.
exit codes: 0 done; 1 probe found a violation; 2 the input is wrong."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit code."""
    if sys.stdout is None:  # closed by the caller: `>&-`
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    options = _parser().parse_args(arguments)
    try:
        code = int(options.run(options))
        sys.stdout.flush()  # a full disk or a closed pipe shows here, not after the end
    except RewardError as error:
        _say(str(error))
        return 2
    except BrokenPipeError:  # the reader of our output has seen enough
        _discard_output()
        return 0
    except OSError as error:
        _discard_output()
        _say(f"{error.filename or 'cannot write the output'}: {error.strerror or error}")
        return 2
    except KeyboardInterrupt:
        return 130
    return code


def _say(message: str) -> None:
    """One line on stderr, whatever the message quotes."""
    print(f"reasoning-rewards: {' '.join(message.splitlines())}", file=sys.stderr)


def _discard_output() -> None:
    """Let the interpreter's last flush go nowhere: it would fail again, and say so."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"reasoning-rewards: {message}; see {self.prog} --help\n")


class _Version(argparse.Action):
    """Looks the version up only when it is asked for: the import takes time."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(f"reasoning-rewards {version('reasoning-rewards')}")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="reasoning-rewards",
        description="Score reasoning traces, compare rewards, and probe them for loopholes.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    score = subparsers.add_parser(
        "score",
        help="score a rollout file",
        description="Score a rollout file: every row again with its components, and their means.",
    )
    _add_file(score)
    score.add_argument(
        "-o", "--output", type=Path,
        help="write the rows here (default: stdout); compressed if the name ends in .gz",
    )  # fmt: skip
    score.add_argument("--weights", metavar="C,S,F", help="correctness,structure,confidence")
    score.add_argument(
        "--stop", metavar="TEXT", action="append", default=[],
        help="what ends a completion, such as a stop token; may be given again",
    )  # fmt: skip
    score.add_argument(
        "--prefill", metavar="TEXT", default="",
        help="what the prompt already wrote of each completion, such as '<reasoning>'",
    )  # fmt: skip
    _add_schema(score)
    _add_asked(score)
    score.add_argument("--json", action="store_true", help="the means as one JSON object on stdout")
    score.set_defaults(run=commands.score)

    compare = subparsers.add_parser(
        "audit",
        help="compare two rewards on a rollout file",
        description="Compare two rewards on a rollout file: flips, changes per component, and "
        "which component carries the advantage within each group (rows of one prompt in one step).",
    )
    _add_file(compare)
    sources = "`default`, weights C,S,F, `recorded` (the file's own scores), or package.module:name"
    compare.add_argument("--a", default="default", help=f"first reward: {sources}")
    compare.add_argument("--b", default="default", help="second reward, likewise")
    _add_schema(compare)
    _add_asked(compare)
    compare.add_argument("--json", action="store_true", help="the report as one JSON object")
    compare.set_defaults(run=commands.compare)

    attack = subparsers.add_parser(
        "probe",
        help="run the adversarial suite against a reward",
        description="Run adversarial completions against a reward; exit 1 if one pays.",
    )
    attack.add_argument("reward", nargs="?", default="reasoning_rewards:CompositeReward")
    attack.add_argument(
        "--gold-column", default="gold", metavar="NAME",
        help="a further name of the gold answers among the reward's parameters",
    )  # fmt: skip
    _add_schema(attack)
    attack.add_argument("--json", action="store_true", help="the results as one JSON object")
    attack.set_defaults(run=commands.attack)
    add_commands(subparsers, ROLLOUTS)
    return parser


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help=ROLLOUTS)
    for name in ("prompt", "completion", "gold"):
        parser.add_argument(
            f"--{name}-field", metavar="PATH",
            help=f"where a row keeps its {name}, with dots into objects and lists",
        )  # fmt: skip


def _add_schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--schema", metavar="NAME",
        help="how completions mark their parts: reasoning-answer (default), think-answer, "
        "think-boxed, or two tags of your own, as in thought,final",
    )  # fmt: skip


def _add_asked(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--asked", choices=("yes", "no"), default="",
        help="whether completions were asked for a confidence: one that was and states none earns "
        "nothing for it (default: as each prompt says)",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
