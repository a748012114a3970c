"""The commands `rubric`, which checks and prints a rubric file, and `judge`, which asks a model."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from math import fsum
from pathlib import Path
from typing import Any

from reasoning_rewards.columns.conversations import completion_text, prompt_text
from reasoning_rewards.errors import RewardError
from reasoning_rewards.judge.counts import CallCounts
from reasoning_rewards.judge.endpoint import Endpoint, EndpointSettings
from reasoning_rewards.judge.items import Judged
from reasoning_rewards.judge.model_judge import Judge
from reasoning_rewards.judge.rubric_file import read_rubric
from reasoning_rewards.rollouts.records import read_records
from reasoning_rewards.rollouts.rows import check_folder, json_line, write_rows
from reasoning_rewards.table_output import print_table


def add_commands(subparsers: "argparse._SubParsersAction[Any]", rollouts: str) -> None:
    """Add both commands to the parser.

    Args:
        subparsers: Those of the program.
        rollouts: What a rollout file is, for the help.
    """
    show = subparsers.add_parser(
        "rubric",
        help="check and print a rubric file",
        description="Check a rubric file (TOML) and print its items with their weights.",
    )
    show.add_argument("rubric", type=Path, metavar="RUBRIC")
    show.set_defaults(run=_show)

    ask = subparsers.add_parser(
        "judge",
        help="score a rollout file by a rubric, with a model as the judge",
        description="Ask a model behind an OpenAI-compatible endpoint each item of a rubric about "
        "each completion. A row needs a prompt and a completion, and no gold.",
    )
    ask.add_argument("file", type=Path, metavar="FILE", help=rollouts)
    ask.add_argument("--rubric", type=Path, metavar="RUBRIC", help="rubric file with [[items]]")
    ask.add_argument("--rubric-column", default="", metavar="NAME",
                     help="the field with the items of each row's problem")  # fmt: skip
    defaults = EndpointSettings("http://localhost:8000/v1", "model")
    ask.add_argument("--base-url", default=defaults.base_url, metavar="URL",
                     help=f"the endpoint (default: {defaults.base_url})")  # fmt: skip
    ask.add_argument("--model", required=True, metavar="NAME", help="the model's name there")
    ask.add_argument("--api-key-env", default="", metavar="VARIABLE",
                     help="environment variable with the API key (default: no key)")  # fmt: skip
    ask.add_argument("--concurrency", type=int, default=defaults.concurrency, metavar="N",
                     help=f"requests at a time (default: {defaults.concurrency})")  # fmt: skip
    ask.add_argument("--timeout-s", type=float, default=600.0, metavar="S",
                     help="time for all of it (default: 600)")  # fmt: skip
    ask.add_argument("--max-calls", type=int, default=0, metavar="N",
                     help="questions sent at most (default: no limit)")  # fmt: skip
    for way in ("in", "out"):
        ask.add_argument(f"--price-{way}", type=float, default=0.0, metavar="PRICE",
                         help=f"price of a million tokens {way}, to count the cost")  # fmt: skip
    ask.add_argument("--max-cost", type=float, default=0.0, metavar="COST",
                     help="cost at which nothing more is sent (default: no limit)")  # fmt: skip
    ask.add_argument("--cache", type=Path, metavar="FILE",
                     help="keep verdicts in this file and take them from it")  # fmt: skip
    ask.add_argument("-o", "--output", type=Path, help="write the rows here (default: stdout)")
    ask.set_defaults(run=_ask)


def _show(options: argparse.Namespace) -> int:
    print(read_rubric(options.rubric))
    return 0


def _ask(options: argparse.Namespace) -> int:
    from reasoning_rewards.judge.verdict_cache import VerdictCache  # brings sqlite3

    items = read_rubric(options.rubric).items if options.rubric else ()
    settings = EndpointSettings(
        options.base_url,
        options.model,
        api_key_env=options.api_key_env,
        concurrency=options.concurrency,
        timeout_s=options.timeout_s,
        price_in=options.price_in,
        price_out=options.price_out,
        max_calls=options.max_calls,
        max_cost=options.max_cost,
    )
    if options.output:
        check_folder(options.output)
    records = read_records(options.file)
    for note in records.notes:
        print(f"reasoning-rewards: {note}", file=sys.stderr)
    asked = [_texts(where, row) for where, row in records.rows]
    cells = None
    if column := options.rubric_column:
        cells = [_cell(where, row, column) for where, row in records.rows]
    judge = Judge(Endpoint(settings), items, column=column, cache=VerdictCache(options.cache))
    judged = judge.judge([prompt for prompt, _ in asked], [text for _, text in asked], cells)
    judge.close()
    rows = [
        row | {"judge": one.value, "judge_items": one.items, "judge_fault": one.fault}
        for (_, row), one in zip(records.rows, judged, strict=True)
    ]
    if options.output:
        write_rows(rows, options.output)
    else:
        for row in rows:
            print(json_line(row))
    _print_summary(judged, judge.counts, sys.stdout if options.output else sys.stderr)
    if judged and all(one.value is None for one in judged):
        raise RewardError(f"no completion could be judged; {judged[0].fault}")
    return 0


def _texts(where: str, row: Mapping[str, Any]) -> tuple[str, str]:
    try:
        return prompt_text(row.get("prompt") or ""), completion_text(row["completion"])
    except KeyError:
        raise RewardError(f"{where}: the row has no 'completion'") from None
    except RewardError as error:
        raise RewardError(f"{where}: {error}") from error


def _cell(where: str, row: Mapping[str, Any], column: str) -> object:
    if column not in row:
        raise RewardError(f"{where}: the row has no {column!r}")
    return row[column]


def _print_summary(judged: Sequence[Judged], counts: CallCounts, stream: Any) -> None:
    names = list(dict.fromkeys(name for one in judged for name in one.items))
    columns = {name: [one.items.get(name) for one in judged] for name in names}
    columns = {"judge": [one.value for one in judged], **columns}
    table = []
    for name, values in columns.items():
        known = [value for value in values if value is not None]
        mean = f"{fsum(known) / len(known):.4f}" if known else "-"
        table.append((name, mean, str(len(known))))
    print_table(f"means over {len(judged)} completions", ("item", "mean", "n"), table, stream)
    cost = f", cost {counts.cost:.4f}" if counts.cost else ""
    print(
        f"{counts.calls} questions asked, {counts.cached} from the cache, "
        f"{counts.prompt_tokens} + {counts.completion_tokens} tokens{cost}, {counts.failed} failed",
        file=stream,
    )
    for fault, count in counts.faults.most_common(5):
        print(f"  {count} x {fault}", file=stream)
