"""Fixtures that write run directories like those of the pipeline, in milliseconds."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reasoning_data import Cleaning, generate_arithmetic, prepare_training_data
from reasoning_train.config import dump_toml, load_config
from reasoning_train.report.load import RunView, load_run

HELD_OUT = 12
SFT_STEPS, GRPO_STEPS, GROUP = 6, 4, 2
DONE = ("data", "base", "sft", "sft-evaluation", "grpo", "grpo-evaluation", "export")
OUTCOMES = {
    "base": [False] * 12,
    "sft": [True] * 6 + [False] * 6,
    "grpo": [False] + [True] * 9 + [False] * 2,
}
"""Whether each problem is solved: SFT gains six, GRPO gains four and loses the first."""

MakeRun = Callable[..., Path]


def write_lines(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def write_rollouts(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([dict(record) for record in records]), path)


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a real build of `reasoning-data`."""
    folder = tmp_path_factory.mktemp("build") / "data"
    drawn = generate_arithmetic(20, seed=0)
    prepare_training_data(
        {
            "sft": drawn[:10],
            "grpo": drawn[10:],
            "eval": generate_arithmetic(HELD_OUT, seed=0, held_out=True),
        },
        folder,
        style="bare",
        seed=0,
        cleaning=Cleaning(near_threshold=0.0, ngram=0),
        messages=False,
    )
    return folder


@pytest.fixture
def problems(data_folder: Path) -> list[dict[str, str]]:
    """Return id, prompt and gold of the held-out problems."""
    from reasoning_data import read_tasks

    tasks = read_tasks(data_folder, "eval")
    return [{"id": t.id, "prompt": t.prompt, "gold": t.gold} for t in tasks]


@pytest.fixture
def prediction() -> Callable[[Mapping[str, str], bool], dict[str, Any]]:
    """Return a line of a predictions file in its oldest format."""

    def make(problem: Mapping[str, str], right: bool) -> dict[str, Any]:
        answer = problem["gold"] if right else "-1"
        return {
            **problem,
            "completion": f"<reasoning>so</reasoning><answer>{answer}</answer>",
            "finished": True,
            "status": "well_formed",
            "correct": right,
            "correct_lenient": right,
            "total": 0.9 if right else 0.3,
            "correctness": float(right),
            "structure": 1.0,
            "confidence": 0.9 if right else 0.3,
            "stated_confidence": 0.9 if right else 0.6,
        }

    return make


@pytest.fixture
def make_run(
    tmp_path: Path,
    data_folder: Path,
    problems: list[dict[str, str]],
    prediction: Callable[[Mapping[str, str], bool], dict[str, Any]],
) -> MakeRun:
    """Return a function that writes a finished run, whose only warning is its small size."""

    def make(
        name: str = "run",
        *,
        flags: Sequence[str] = (),
        outcomes: Mapping[str, Sequence[bool]] = OUTCOMES,
    ) -> Path:
        root = tmp_path / name
        root.mkdir()
        steps = ["--sft.steps", str(SFT_STEPS), "--grpo.steps", str(GRPO_STEPS)]
        steps += ["--sft.warmup-steps", "1", "--grpo.warmup-steps", "1"]
        steps += ["--data.eval-problems", str(HELD_OUT)]
        config = load_config(preset="tiny", flags=[*steps, *flags])
        (root / "config.toml").write_text(dump_toml(config))
        shutil.copytree(data_folder, root / "data")
        for stage, right in outcomes.items():
            rows = [prediction(p, ok) for p, ok in zip(problems, right, strict=False)]
            write_lines(root / "evaluation" / f"{stage}.predictions.jsonl", rows)
            n, share = len(rows), sum(right) / len(rows)
            summary = {"model": "tiny", "decoding": "greedy", "seed": 0, "n": n, "accuracy": share}
            (root / "evaluation" / f"{stage}.json").write_text(json.dumps(summary))
        lines = [
            {"step": s, "stage": "sft", "elapsed_s": 10.0 + s, "values": {"loss": 2.0 / s}}
            for s in range(1, SFT_STEPS + 1)
        ]
        lines += [
            {
                "step": s,
                "stage": "grpo",
                "elapsed_s": 30.0 + s,
                "values": {
                    "loss": 0.01 * s,
                    "kl": 0.0,
                    "reward/total": 0.5 + 0.05 * s,
                    "reward/correctness": 0.4,
                    "reward/structure": 0.9,
                    "reward/confidence": 0.6,
                    "zero_variance_share": 0.25,
                },
            }
            for s in range(1, GRPO_STEPS + 1)
        ]
        write_lines(root / "metrics.jsonl", lines)
        for s in range(1, GRPO_STEPS + 1):
            group = [{"step": s, **prediction(problems[0], bool(i % 2))} for i in range(GROUP)]
            write_rollouts(root / "rollouts" / f"{s:06d}.parquet", group)
        state = {"done": DONE, "elapsed_s": 40.0, "seed": 0}
        state["steps"] = {"sft": SFT_STEPS, "grpo": GRPO_STEPS}
        (root / "state.json").write_text(json.dumps(state))
        (root / "manifest.json").write_text(
            json.dumps({"base_model": {"name": "tiny-gemma3", "sha256": {"config.json": "c0ffee"}}})
        )
        return root

    return make


@pytest.fixture
def run(make_run: MakeRun) -> RunView:
    return load_run(make_run())
