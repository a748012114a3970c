"""The command's wrong inputs; what it prints of a plan."""

import json
import sys
from types import SimpleNamespace
from typing import cast

import pytest
from rich.console import Console

from reasoning_train.cli import main
from reasoning_train.plan.result import Plan
from reasoning_train.plan.session import Answer
from reasoning_train.plan.table import print_plan
from reasoning_train.report.load import RunView
from reasoning_train.report.tables import plan_of


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--topology", "v9"], "unknown topology 'v9'; topologies: v5e-1, v5e-4, v5e-8"),
        (["--efficiency", "2"], "--efficiency 2.0 is not a share"),
        (["--preset", "tinny"], "unknown preset 'tinny'"),
        (["--scale", "v5e-16,v9"], "unknown topology 'v9'"),
        (["--topology", "cpu", "--apply", "no/such/file"], "no such folder"),
        (["--topology", "cpu", "--scale", "v5e-16"], "uv run --extra plan"),
        (["--topology", "cpu", "--config", "no.toml"], "no.toml"),
        ([], "uv run --extra plan"),
    ],
)
def test_wrong_input_and_a_missing_compiler_are_one_line(
    argv: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "libtpu", None)
    with pytest.raises(SystemExit) as exit_:
        main(["plan", *argv])
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1, error
    assert message in error


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["plan", "--help"])
    text = capsys.readouterr().out
    for part in ("examples:", "--topology", "estimates", "--json"):
        assert part in text


def test_the_table_says_what_matters(plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    print_plan(plan, Console(width=80))
    text = capsys.readouterr().out
    assert "fits: yes" in text
    assert "estimate" in text
    assert "evaluation.batch_size: 12 rows" in text
    tables = text[: text.index("fits:")]
    assert max(map(len, tables.splitlines())) <= 80


def test_the_page_of_a_run_shows_the_plan(plan: Plan) -> None:
    values = json.loads(json.dumps(Answer(plan, waste=["data.prompt_tokens: too many"]).as_dict()))
    shown = plan_of(cast(RunView, SimpleNamespace(plan=values)))
    assert shown is not None
    assert (shown.fits, shown.topology) == (True, "v5e-8")
    functions, stages, _ = shown.tables
    assert {row[0] for row in functions.rows} == {f.name for f in plan.functions}
    assert {"memory", "estimate"} <= set(functions.header)
    assert [row[0] for row in stages.rows] == ["sft", "grpo", "evaluation"]
    assert shown.hints[-1] == "data.prompt_tokens: too many"


def test_json_has_every_function_in_bytes(plan: Plan) -> None:
    values = json.loads(json.dumps(plan.as_dict()))
    assert values["fits"] is True
    assert values["topology"] == "v5e-8"
    decode = values["functions"]["rollout_decode"]
    assert decode["memory_bytes"] > decode["memory"]["arguments"]["kv_cache"] > 0
    assert decode["estimate"]["total_s"] > 0
    assert values["stages"]["grpo"]["rows_per_s"] > 0
    assert values["versions"]["libtpu"]
