"""`reasoning-train probe`: does a run's reward pay for what it should not?"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path

from reasoning_rewards.adapters.conventions import BatchReward
from reasoning_rewards.attacks import check_honest, probe, suite
from reasoning_rewards.errors import RewardError
from reasoning_rewards.probe_output import print_probe
from reasoning_train.config import RunConfig, load_config
from reasoning_train.config.reward_schema import RewardSection
from reasoning_train.errors import UserError
from reasoning_train.reward.schedule import FinalReward, user_rewards

HELP = "run adversarial completions against a run's reward"
EPILOG = """\
examples:
  reasoning-train probe --config runs/tiny-1
  reasoning-train probe --config mine.toml
  reasoning-train probe --reward.extra my_rewards:brevity:0.1

The reward is the run's own: its weights at the last step, and its functions of `reward.extra` in
processes of their own. Every case is held against an honest completion under the same reward.
Exit code 1 if one pays that should not.
"""


class NoValueError(Exception):
    """A function of `reward.extra` gave a completion no value."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Give the parser its options. Settings of the run are flags too; they are read apart."""
    parser.description = "Run the adversarial suite of reasoning-rewards against a run's reward."
    parser.epilog = EPILOG
    parser.usage = (
        "reasoning-train probe [--config RUN] [--preset NAME] [--json] [--reward.key VALUE …]"
    )
    parser.add_argument("-h", "--help", action="help", help="show this")
    parser.add_argument(
        "--config", type=Path, metavar="RUN", help="run directory, or TOML file of settings"
    )
    parser.add_argument("--preset", default="", help="preset that the file is laid over")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")


def execute(options: argparse.Namespace, rest: list[str]) -> None:
    """Probe and print; exit with 1 if a property does not hold."""
    config = _config(options, rest)
    with redirect_stdout(sys.stderr), _reward(config.reward) as reward:  # functions may print
        cases = suite(confidence=config.reward.confidence > 0)
        try:
            check_honest(reward, cases[0])
        except RewardError as error:
            raise UserError(str(error)) from error
        results = probe(reward, cases)
    if print_probe(results, "probe of the run's reward", as_json=options.json):
        sys.exit(1)


def _config(options: argparse.Namespace, flags: Sequence[str]) -> RunConfig:
    file: Path | None = options.config
    if file is not None and file.is_dir():
        if not (file / "config.toml").is_file():
            raise UserError(f"{str(file)!r} is not a run directory: it has no config.toml")
        file = file / "config.toml"
    return load_config(preset=options.preset, file=file, flags=flags)


@contextmanager
def _reward(section: RewardSection) -> Iterator[BatchReward]:
    with ExitStack() as stack:
        extra = user_rewards(section)
        for function in extra:
            stack.callback(function.close)
        final = FinalReward(section, extra)

        def totals(
            prompts: Sequence[str], completions: Sequence[str], golds: Sequence[str]
        ) -> list[float]:
            scores = [
                final.score(completion, gold, prompt)
                for prompt, completion, gold in zip(prompts, completions, golds, strict=True)
            ]
            faults = [score.error for score in scores if score.error]
            if faults:
                raise NoValueError(faults[0])
            return [score.total for score in scores]

        yield totals
