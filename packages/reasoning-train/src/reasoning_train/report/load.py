"""Reader of a run directory, finished or not, for the report."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning_train.errors import UserError
from reasoning_train.report.evaluations import Evaluation, read_evaluations
from reasoning_train.report.held_out import HeldOut, read_held_out
from reasoning_train.report.rollouts import StepRollouts, read_rollouts
from reasoning_train.report.token_view import TokenView, token_view
from reasoning_train.run_dir.choice import read_choice
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.run_dir.held_out import first_held_out
from reasoning_train.run_dir.metric_series import Metrics, read_metrics
from reasoning_train.run_dir.records import finite, mapping, parse_object


@dataclass(frozen=True, slots=True)
class FurtherSet:
    """Evaluations on a further held-out set, in addition to the one that verdicts are based on."""

    name: str
    evaluations: tuple[Evaluation, ...]
    held_out: HeldOut


@dataclass(frozen=True, slots=True)
class RunView:
    """Content of a run directory.

    Attributes:
        root: The run directory.
        name: Name of the run on the page.
        config: Sections of `config.toml`; empty if it cannot be read.
        manifest: Content of `manifest.json`; empty if it does not exist yet.
        state: Content of `state.json`; empty if no stage is finished.
        data_manifest: Content of `data/manifest.json`; empty if it does not exist yet.
        data_manifest_sha256: Current SHA-256 of that file.
        plan: Content of `plan.json`; empty if `reasoning-train plan` has not written one.
        exported: Stage and step of the exported checkpoint; empty if there is no export.
        choice: Content of `checkpoints/best.json`; empty if no checkpoint was chosen.
        metrics: Metrics of each stage.
        rollouts: Rollouts of each GRPO step.
        evaluations: Evaluations on the held-out problems.
        held_out: The held-out problems.
        further: Evaluations on further held-out sets.
        sampling: Content of `sampling.json`; empty if the policy was not sampled before GRPO.
        own_traces: Content of `own_traces.json`; empty if SFT did not go on with own samples.
        tokens: Rollouts with the probability of each token, if GRPO's evaluation wrote them.
        unreadable: Messages about files that cannot be read.
    """

    root: Path
    name: str
    config: Mapping[str, Any]
    manifest: Mapping[str, Any]
    state: Mapping[str, Any]
    data_manifest: Mapping[str, Any]
    data_manifest_sha256: str
    plan: Mapping[str, Any]
    exported: Mapping[str, Any]
    choice: Mapping[str, Any]
    metrics: Metrics
    rollouts: tuple[StepRollouts, ...]
    evaluations: tuple[Evaluation, ...]
    held_out: HeldOut
    further: tuple[FurtherSet, ...]
    sampling: Mapping[str, Any]
    own_traces: Mapping[str, Any]
    tokens: TokenView | None
    unreadable: tuple[str, ...]

    @property
    def done(self) -> tuple[str, ...]:
        """Names of the stages that are finished."""
        done = self.state.get("done")
        return tuple(str(name) for name in done) if isinstance(done, list) else ()

    @property
    def elapsed_s(self) -> float:
        """Seconds used, according to the state and the metrics."""
        last = [points[-1].elapsed_s for points in self.metrics.stages.values() if points]
        return max([finite(self.state, "elapsed_s") or 0.0, *last])

    @property
    def finished(self) -> bool:
        """Whether the last stage is finished."""
        return "export" in self.done

    def steps_made(self, stage: str) -> int:
        """Return the updates that a stage has made, from the state or else from the metrics."""
        steps = finite(mapping(self.state, "steps"), stage)
        points = self.metrics.stages.get(stage, ())
        return int(steps) if steps is not None else (points[-1].step if points else 0)

    def steps_planned(self, stage: str) -> int | None:
        """Return the updates that the settings ask for; None if only the clock ends the stage."""
        section = mapping(self.config, stage)
        steps = finite(section, "steps")
        return None if steps is None or section.get("bound") == "clock" else int(steps)


def load_run(root: Path, name: str = "") -> RunView:
    """Read a run directory.

    Args:
        root: The run directory.
        name: Name of the run on the page; empty for the folder's name.

    Raises:
        UserError: `root` is not a run directory.
    """
    run = RunDir(root)
    if not root.is_dir():
        raise UserError(f"no run in {str(root)!r}: there is no such folder")
    if not any(p.exists() for p in (run.config, run.state, run.metrics, run.evaluation)):
        raise UserError(
            f"{str(root)!r} is not a run directory: it has no config.toml, metrics.jsonl or "
            "evaluation; give the folder that `reasoning-train run` printed"
        )
    unreadable: list[str] = []
    evaluations, damaged = read_evaluations(run.evaluation)
    unreadable += [f"{path} is damaged" for path in damaged]
    held_out = HeldOut()
    data_manifest = run.data / "manifest.json"
    if data_manifest.is_file():
        held_out = _held_out(run, unreadable)
    return RunView(
        root=root,
        name=name or root.resolve().name,
        config=_read_config(run.config, unreadable),
        manifest=_read_object(run.manifest, unreadable),
        state=_read_object(run.state, unreadable),
        data_manifest=_read_object(data_manifest, unreadable),
        data_manifest_sha256=_sha256(data_manifest),
        plan=_read_object(root / "plan.json", unreadable),
        exported=mapping(
            _read_object(run.export / "safetensors" / "export.json", unreadable), "checkpoint"
        ),
        choice=_read_choice(run, unreadable),
        metrics=read_metrics(run.metrics),
        rollouts=tuple(read_rollouts(run.rollouts)),
        evaluations=tuple(evaluations),
        held_out=held_out,
        further=tuple(_further(run, unreadable)),
        sampling=_read_object(run.sampling, unreadable),
        own_traces=_read_object(run.own_traces.with_suffix(".json"), unreadable),
        tokens=token_view(_read_object(run.tokens, unreadable)),
        unreadable=tuple(unreadable),
    )


def _held_out(run: RunDir, unreadable: list[str]) -> HeldOut:
    try:
        folder = first_held_out(run)
    except UserError as error:
        unreadable.append(str(error))
        return HeldOut()
    held_out, reason = read_held_out(folder)
    unreadable += [reason] if reason else []
    return held_out


def _further(run: RunDir, unreadable: list[str]) -> Iterator[FurtherSet]:
    for folder in sorted(run.evaluation_sets.glob("*")):
        evaluations, damaged = read_evaluations(folder)
        held_out, reason = read_held_out(run.held_out / folder.name)
        unreadable += [f"{folder.name}: {path} is damaged" for path in damaged]
        unreadable += [reason] if reason else []
        if evaluations:
            yield FurtherSet(folder.name, tuple(evaluations), held_out)


def _read_object(path: Path, unreadable: list[str]) -> dict[str, Any]:
    if not path.is_file():
        return {}
    value = parse_object(path.read_bytes())
    if value is None:
        unreadable.append(f"{path.name} is damaged: it is not a JSON object")
    return value or {}


def _read_choice(run: RunDir, unreadable: list[str]) -> dict[str, Any]:
    try:
        return read_choice(run) or {}
    except UserError:
        unreadable.append("checkpoints/best.json is damaged")
        return {}


def _read_config(path: Path, unreadable: list[str]) -> dict[str, Any]:
    if not path.is_file():
        unreadable.append("config.toml is missing, so the settings are unknown")
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        unreadable.append(f"config.toml is damaged: {error}")
        return {}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
