"""Record of a run's settings in `settings.jsonl`, with a line for each change.

Users may edit `config.toml`, so this file decides which settings can still change.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from reasoning_train.config import RunConfig, dump_toml, load_config
from reasoning_train.config.changes import FREE, Change, changes
from reasoning_train.durable import write_json, write_text
from reasoning_train.errors import UserError
from reasoning_train.run_dir.directory import RunDir, evaluation_files, numbered
from reasoning_train.run_dir.extending import extend
from reasoning_train.run_dir.manifest import reward_weights

EVALUATIONS = {"base": "base", "sft-evaluation": "sft"}
"""Stages whose result contains rewards, with the name of their file in `evaluation/`."""


STAGES = ("data", "sft", "sampling", "own-traces", "grpo")
"""Stages that settings belong to, in order."""

OPTIONAL = {"sampling": "samples/*.parquet", "own-traces": "own_traces.parquet"}
"""Stages that can be switched off, to what they leave in a run as soon as they have begun."""


def allowed_changes(run: RunDir, config: RunConfig, *, before_grpo: bool = False) -> list[Change]:
    """Return the settings that differ from the recorded ones, if all of them may still change.

    Args:
        run: Run directory.
        config: Requested configuration.
        before_grpo: Whether to treat the run as if it had not begun GRPO.

    Raises:
        UserError: A stage that has begun has used one of these settings, and the change is not an
            extension of the last such stage; or the run was made by a version with other settings.
    """
    try:
        found = changes(_recorded(run), config)
    except (KeyError, UserError) as error:
        raise UserError(
            f"{str(run.root)!r} was made by another version of reasoning-train, with settings that "
            f"this version does not have ({error}); choose another --run-dir"
        ) from error
    # Without a record, config.toml is the user's own or an older version's, so any stage may have
    # used its settings.
    recorded = run.settings.is_file()
    begun: Sequence[str] = [s for s in STAGES if not recorded or _has_begun(run, s)]
    if before_grpo:
        begun = [s for s in begun if s != "grpo"]
    # A stage that was switched off cannot be made up for, but does not count as the last one.
    last = next((stage for stage in reversed(begun) if not _left_out(run, stage)), "none")
    fixed = [
        change
        for change in found
        if change.first_use != FREE and change.first_use in begun and change.extends != last
    ]
    if fixed:
        named = ", ".join(map(str, fixed[:3])) + (" and others" if len(fixed) > 3 else "")
        raise UserError(
            f"{str(run.root)!r} has already used other settings: {named}. Choose another "
            "--run-dir, or leave these settings unchanged"
        )
    return found


def record_settings(run: RunDir, config: RunConfig) -> list[Change]:
    """Apply and record the changes of settings; the caller holds the run's lock.

    Evaluations with another reward are removed, so that they are redone. A finished stage that is
    given more steps is reopened, so that it resumes.

    Returns:
        The changes, empty if there are none.

    Raises:
        UserError: The settings may not change, as in `allowed_changes`.
    """
    found = allowed_changes(run, config)
    # Before the change is recorded, so that a process killed in between detects the change again.
    if any(change.key.startswith("reward.") and change.first_use for change in found):
        _forget_evaluations(run)
        _restate_weights(run, config)
    for change in found:
        if change.extends:
            extend(run, change.extends)
    if found or not run.settings.is_file():
        state = run.read_state()
        line = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "done": list(state.done),
            "changed": {change.key: [change.before, change.after] for change in found},
            "settings": config.model_dump(mode="json"),
        }
        before = run.settings.read_text(encoding="utf-8") if run.settings.is_file() else ""
        write_text(run.settings, before + json.dumps(line, ensure_ascii=False) + "\n")
        write_text(run.config, dump_toml(config))
    return found


def _recorded(run: RunDir) -> dict[str, Any]:
    lines = run.settings.read_bytes().splitlines() if run.settings.is_file() else []
    for line in reversed(lines):
        try:
            settings: dict[str, Any] = json.loads(line)["settings"]
        except (ValueError, KeyError, TypeError):  # damaged: use the newest good line
            continue
        return settings
    return load_config(file=run.config).model_dump(mode="json")


def _has_begun(run: RunDir, stage: str) -> bool:
    """Return whether the stage has left files that a later process would build on."""
    if stage in run.read_state().done:
        return True
    if stage == "data":
        return (run.data / "manifest.json").is_file()
    if stage in OPTIONAL:  # passed where GRPO has begun: a run from before there was this stage
        return _left_something(run, stage) or _has_begun(run, "grpo")
    return _left_something(run, stage)


def _left_something(run: RunDir, stage: str) -> bool:
    if stage in OPTIONAL:
        return any(run.root.glob(OPTIONAL[stage]))
    folder = run.checkpoints / {"sft": "sft", "grpo": "actor"}[stage]
    return bool(numbered(folder))


def _restate_weights(run: RunDir, config: RunConfig) -> None:
    if run.manifest.is_file():
        manifest = json.loads(run.manifest.read_text(encoding="utf-8"))
        write_json(run.manifest, {**manifest, "reward_weights": reward_weights(config)})


def _left_out(run: RunDir, stage: str) -> bool:
    """Return whether the run skipped the stage because it was switched off."""
    return stage in OPTIONAL and not _left_something(run, stage)


def _forget_evaluations(run: RunDir) -> None:
    for path in evaluation_files(run, *EVALUATIONS.values()):
        path.unlink()
    shutil.rmtree(run.evaluation / "prompts", ignore_errors=True)
    state = run.read_state()
    done = tuple(stage for stage in state.done if stage not in EVALUATIONS)
    run.write_state(replace(state, done=done))
