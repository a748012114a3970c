"""Prepares a Kaggle session: finds attached inputs and resumes an earlier run.

Kaggle mounts inputs read-only, at paths that have changed over time, so they are searched for. What
is found decides what is trained: without a base model it is the tiny one, anywhere.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reasoning_export.card.provenance import FILE
from reasoning_export.errors import CommandError, ExportError
from reasoning_export.files import read_json
from reasoning_export.gemma.families import PRESETS, text_config

LINKS = Path("/tmp/reasoning-inputs")
"""Links to inputs, the same in every session: a run is bound to the paths it began with."""
COLOURS = {"FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR"}
"""Jupyter sets these, and commands would draw moving bars, a line of the notebook each."""
OURS = "reasoning_train"
"""A folder of this project: in an attached snapshot of it lies the tiny model, which is no base."""
STATE, CONFIG = "state.json", "config.toml"
SAMPLE = 1 << 16


@dataclass(frozen=True, slots=True)
class Session:
    """The run to train in this session.

    Attributes:
        run: The run directory.
        preset: Of a new run; empty for one that is resumed.
        config: The configuration of a run that is resumed; None for a new one.
        settings: Flags over either, `--section.key` and its value.
        export_flags: For the commands of `reasoning-export` that read the run.
        found: What was found, one line each.
    """

    run: Path
    preset: str
    config: Path | None
    settings: tuple[str, ...]
    export_flags: tuple[str, ...]
    found: tuple[str, ...]

    @property
    def flags(self) -> tuple[str, ...]:
        """All arguments of `reasoning-train run`."""
        source = ("--config", str(self.config)) if self.config else ("--preset", self.preset)
        return ("--run-dir", str(self.run), *source, *self.settings)


def open_session(
    inputs: Path,
    working: Path,
    *,
    budget: str = "8h30m",
    settings: Sequence[str] = (),
    links: Path = LINKS,
) -> Session:
    """Search the inputs and prepare the run directory.

    Args:
        inputs: Where Kaggle mounts what is attached.
        working: Where results go; the run is `working/run`.
        budget: Wall-clock limit of a new run, below the session's own.
        settings: Further flags of `reasoning-train run`; a resumed run needs those it began with.
        links: Where links to base model and data are made.

    Raises:
        ExportError: There are several base models, or one that no preset is for.
    """
    run = working / "run"
    found = [resume_run(inputs, run)]
    base = find_base(inputs)
    export_flags: tuple[str, ...] = ()
    if base:
        _link(base[1], links / "base")
        export_flags = ("--base", str(links / "base"))
        found.append(f"base model for the preset {base[0]}: {base[1]}")
    else:
        found.append("no base model is attached: a dry run with the tiny model")
    if (run / CONFIG).is_file():
        return Session(run, "", run / CONFIG, tuple(settings), export_flags, tuple(found))
    flags: tuple[str, ...] = ("--budget", budget)
    if base:
        flags += ("--model.weights", str(links / "base"))
        attached = _link_gsm8k(inputs, links)
        if attached:
            train, test = attached
            flags += (f"--data.sources=gsm8k:{train}", f"--data.evaluations=gsm8k=gsm8k:{test}")
        where = f"{train} and {test}" if attached else "GSM8K from the hub, which needs internet"
        found.append(f"problems: {where}")
    preset = base[0] if base else "tiny"
    return Session(run, preset, None, (*flags, *settings), export_flags, tuple(found))


def resume_run(inputs: Path, run: Path) -> str:
    """Copy the most advanced run among the inputs to `run`, unless `run` exists.

    Returns:
        What was done, in words.
    """
    if (run / CONFIG).is_file():
        return f"continues {run}"
    runs = [path.parent for path in inputs.rglob(STATE) if (path.parent / CONFIG).is_file()]
    if not runs:
        return "starts a new run"
    furthest = max(runs, key=_progress)
    beside = run.with_name(f".{run.name}.copying")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(furthest, beside)
    for path in (beside, *beside.rglob("*")):  # the mount is read-only, and modes are copied
        path.chmod(0o755 if path.is_dir() else 0o644)
    beside.rename(run)
    done = ", ".join(read_json(run / STATE, "the run's state").get("done", []))
    return f"resumes {furthest}, where these stages are done: {done}"


def find_base(inputs: Path) -> tuple[str, Path] | None:
    """Find the attached base model and its preset, ignoring our own exports and the tiny model.

    Raises:
        ExportError: There are several, or none of our presets is for the one there is.
    """
    found = []
    for path in sorted(inputs.rglob("config.json")):
        folder = path.parent
        if not any(folder.glob("*.safetensors")) or (folder / FILE).is_file():
            continue
        if OURS in folder.parts:
            continue
        config = text_config(read_json(path, "a model's configuration"))
        found.append(((config.get("model_type"), config.get("hidden_size")), folder))
    if not found:
        return None
    if len(found) > 1:
        places = ", ".join(str(folder) for _, folder in found)
        raise ExportError(f"{len(found)} base models are attached ({places}); leave one")
    sizes, folder = found[0]
    for preset, expected in PRESETS.items():
        if sizes == expected:
            return preset, folder
    known = ", ".join(f"{kind} of width {width}" for kind, width in PRESETS.values())
    raise ExportError(
        f"no preset fits the base model at {str(folder)!r} ({sizes[0]} of width {sizes[1]}); "
        f"attach one of {known}"
    )


def run_command(*command: object) -> None:
    """Run one of the project's commands, printing its output as it arrives.

    Raises:
        CommandError: It failed; a notebook ends there.
    """
    name, *arguments = map(str, command)
    beside = Path(sys.executable).parent / name
    program = str(beside) if beside.is_file() else name
    environment = {key: value for key, value in os.environ.items() if key not in COLOURS}
    with subprocess.Popen(
        [program, *arguments],
        env=environment | {"COLUMNS": "100", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
    if process.returncode:
        raise CommandError(f"{name} ended with {process.returncode}; the lines above say why")


def _progress(run: Path) -> tuple[int, int]:
    """How far a run has come: the finished stages, then the size of its metrics."""
    metrics = run / "metrics.jsonl"
    done = read_json(run / STATE, "a run's state").get("done", [])
    return len(done), metrics.stat().st_size if metrics.is_file() else 0


def _link(target: Path, link: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(target.absolute())


def _link_gsm8k(inputs: Path, links: Path) -> tuple[Path, Path] | None:
    """Link GSM8K's two files if they are attached; without them, the preset reads the hub."""
    for folder in _folders(inputs):
        train, test = (_split(folder, name) for name in ("train", "test"))
        if train and test:
            for name, path in (("train", train), ("test", test)):
                _link(path, links / f"{name}{path.suffix}")
            return links / f"train{train.suffix}", links / f"test{test.suffix}"
    return None


def _folders(inputs: Path) -> Iterator[Path]:
    yield from sorted({path.parent for path in inputs.rglob("*train*")})


def _split(folder: Path, name: str) -> Path | None:
    """Find a split's file in GSM8K format, whose answers end in `#### <gold>`."""
    for path in sorted((*folder.glob(f"*{name}*.jsonl"), *folder.glob(f"*{name}*.parquet"))):
        if path.suffix == ".parquet" and "socratic" not in str(path) and "gsm8k" in str(path):
            return path
        if path.suffix == ".jsonl" and _is_gsm8k(path):
            return path
    return None


def _is_gsm8k(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        line = file.readline(SAMPLE)
    try:
        row = json.loads(line)
    except ValueError:
        return False
    return isinstance(row, dict) and "question" in row and "####" in str(row.get("answer"))
