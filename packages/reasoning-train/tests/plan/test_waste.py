import json
from pathlib import Path

import pytest

from reasoning_train.config import RunConfig
from reasoning_train.plan.waste import waste
from reasoning_train.run_dir.metric_series import Metrics, Point

CONFIG = RunConfig.model_validate({"data": {"prompt_tokens": 64, "completion_tokens": 400}})


def with_tokens(*means: float) -> Metrics:
    points = [Point(n, float(n), {"completion_tokens": t}) for n, t in enumerate(means, 1)]
    return Metrics({"grpo": tuple(points)})


@pytest.mark.parametrize(
    ("tokens", "told"), [((80.0, 120.0), True), ((300.0,), False), ((), False)]
)
def test_padding_is_told_where_it_is_most(
    tokens: tuple[float, ...], told: bool, tmp_path: Path
) -> None:
    lines = waste(tmp_path, with_tokens(*tokens), CONFIG)
    assert bool(lines) == told
    assert all("100 tokens in the mean, so 75% of the 400" in line for line in lines)


def with_manifest(run: Path, manifest: dict[str, object]) -> Path:
    (run / "data").mkdir()
    (run / "data" / "manifest.json").write_text(json.dumps(manifest))
    return run


def test_problems_that_were_too_long_are_told(tmp_path: Path) -> None:
    rejected = {"prompt_too_long": 1200, "no_final_answer": 3}
    (line,) = waste(with_manifest(tmp_path, {"rejected": rejected}), Metrics(), CONFIG)
    assert line == "data.prompt_tokens: 1,200 problems were left out, longer than 64 tokens"


@pytest.mark.parametrize(("longest", "told"), [(48, True), (49, False)])
def test_room_that_no_prompt_needs_is_told(longest: int, told: bool, tmp_path: Path) -> None:
    splits = {"sft": {"prompt_tokens": {"max": 20}}, "grpo": {"prompt_tokens": {"max": longest}}}
    lines = waste(with_manifest(tmp_path, {"statistics": splits}), Metrics(), CONFIG)
    assert bool(lines) == told
    assert all("no prompt has more than 48 tokens, rows have room for 64" in x for x in lines)
