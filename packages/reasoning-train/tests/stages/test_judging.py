"""The judge that a configuration asks for, made beside the tiny base and a run's data."""

import json
from pathlib import Path

import jax
import pytest
from flax import nnx
from jax.sharding import Mesh
from rich.console import Console

from reasoning_train.clock.budget import Clock
from reasoning_train.config import load_config
from reasoning_train.context import RunContext
from reasoning_train.engine.model import Policy
from reasoning_train.errors import UserError
from reasoning_train.models import locate_base
from reasoning_train.reward.judged_problems import judged_problems
from reasoning_train.reward.run_judge import RunJudge
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.stages.judging import make_judge
from reasoning_train.stages.prepare import prepare

PROBLEMS = [
    *("--data.sft-problems", "5", "--data.grpo-problems", "6", "--data.eval-problems", "5"),
    *("--validation.problems", "2"),
]
RUBRIC = '[[items]]\nname = "units"\nquestion = "Does every number have its unit?"\n'
LOCAL = [
    *("--reward.judge.backend", "local", "--reward.judge.model", "base"),
    *("--reward.judge.question-tokens", "1024", "--reward.judge.rows", "1"),
]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory with training files."""
    root = tmp_path_factory.mktemp("judging")
    config = load_config(preset="tiny", flags=PROBLEMS)
    prepare(config, locate_base("tiny-gemma3").tokenizer, RunDir(root))
    return root


def context(root: Path, *flags: str) -> RunContext:
    config = load_config(preset="tiny", flags=[*PROBLEMS, *flags])
    base = locate_base("tiny-gemma3")
    return RunContext(config, base, RunDir(root), Clock(), Console(quiet=True))


def judge_of(made: RunContext) -> RunJudge:
    judge = make_judge(made)
    assert judge is not None
    return judge


def asked_about(made: RunContext) -> str:
    return next(iter(judged_problems(made.run.data, "")))


@pytest.fixture
def rubric(tmp_path: Path) -> list[str]:
    file = tmp_path / "mine.toml"
    file.write_text(RUBRIC)
    return ["--reward.rubric", str(file)]


def test_a_run_without_a_judge_has_none(prepared: Path) -> None:
    assert make_judge(context(prepared)) is None


def test_an_endpoint_that_is_down_costs_scores_alone(
    prepared: Path, rubric: list[str], tmp_path: Path
) -> None:
    """Nothing listens at port 9; the counts go on in the next process."""
    flags = [
        *("--reward.judge.backend", "endpoint", "--reward.judge.model", "any"),
        *("--reward.judge.base-url", "http://localhost:9/v1", "--reward.judge.retries", "0"),
        *("--reward.judge.cache", str(tmp_path / "verdicts.sqlite")),
    ]
    made = context(prepared, *rubric, *flags)
    for failed in (1, 2):
        judge = judge_of(made)
        [judged] = judge.score([asked_about(made)], ["3 pens."])
        judge.close()
        assert judged.value is None
        assert judged.fault.startswith("units: ")
        assert json.loads(made.run.judge_counts.read_text())["failed"] == failed
    assert (tmp_path / "verdicts.sqlite").is_file()
    assert not made.run.judge_cache.exists()


def test_a_missing_key_is_one_line(
    prepared: Path, rubric: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KEY_OF_NOBODY", raising=False)
    flags = [
        *("--reward.judge.backend", "endpoint", "--reward.judge.model", "any"),
        *("--reward.judge.api-key-env", "KEY_OF_NOBODY"),
    ]
    with pytest.raises(UserError, match=r"^reward\.judge: .*KEY_OF_NOBODY"):
        make_judge(context(prepared, *rubric, *flags))


def test_the_base_judges_whatever_its_adapters_have_learned(
    prepared: Path, rubric: list[str], tmp_path: Path, model: Policy, mesh: Mesh
) -> None:
    """A second judge with a cache of its own, beside trained adapters, says the same."""
    values = []
    for name in ("fresh", "trained"):
        cache = ["--reward.judge.cache", str(tmp_path / f"{name}.sqlite")]
        made = context(prepared, *rubric, *LOCAL, *cache)
        made.model, made.mesh = model, mesh
        judge = judge_of(made)
        [judged] = judge.score([asked_about(made)], ["Ann has 3 pens."])
        judge.close()
        assert judged.value is not None, judged.fault
        values.append(judged.value)
        adapters = nnx.state(model, nnx.LoRAParam)
        nnx.update(model, jax.tree.map(lambda x: x + 0.3, adapters))
    assert 0.0 < values[0] < 1.0
    assert values[1] == pytest.approx(values[0], abs=1e-6)
