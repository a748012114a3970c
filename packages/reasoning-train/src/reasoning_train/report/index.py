"""Page that lists the runs of a folder with their results, made by `report FOLDER`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reasoning_train.errors import UserError
from reasoning_train.report.evaluations import Evaluation
from reasoning_train.report.findings import Level, findings
from reasoning_train.report.load import RunView, load_run
from reasoning_train.report.page import style_and_hash
from reasoning_train.report.results import QUANTITIES, accuracy_of, estimate, written
from reasoning_train.report.settings import clip
from reasoning_train.report.timeline import duration
from reasoning_train.report.verdicts import best_of, run_verdict
from reasoning_train.report.write import write_whole
from reasoning_train.run_dir.records import mapping

REWARD = next(quantity for quantity in QUANTITIES if quantity.name == "Reward")


@dataclass(frozen=True, slots=True)
class Line:
    """Run in the list, as text; unknown values are empty.

    Attributes:
        name: Name of the run.
        href: Address of the run's own page, relative to the list; empty if there is none.
        model: Name of the base model.
        seed: Seed of the run.
        state: Whether it is finished, and its duration.
        n: Number of held-out problems in the last evaluation.
        base: Accuracy of the base with the schema prompt.
        best: Accuracy of the base with its best prompt format, and the name of that format.
        sft: Accuracy after SFT.
        grpo: Accuracy after GRPO.
        reward: Mean reward in the last evaluation.
        serious: Number of serious warnings.
        cautions: Number of cautions.
        verdict: What training changed.
    """

    name: str
    href: str
    model: str
    seed: str
    state: str
    n: str
    base: str
    best: str
    sft: str
    grpo: str
    reward: str
    serious: int
    cautions: int
    verdict: str


def is_folder_of_runs(root: Path) -> bool:
    """Return whether a folder contains runs and is not a run itself."""
    return root.is_dir() and not (root / "config.toml").is_file() and bool(run_folders(root))


def run_folders(root: Path) -> list[Path]:
    """Return the runs directly inside a folder, by name."""
    return sorted(p.parent for p in root.glob("*/config.toml"))


def write_index(root: Path, out: Path) -> tuple[Path, list[Line]]:
    """Write the list of the runs in a folder.

    Args:
        root: Folder of the runs.
        out: Path of the page.

    Returns:
        The page's path, and its lines.

    Raises:
        UserError: The folder contains no run, or the page cannot be written.
    """
    folders = run_folders(root)
    if not folders:
        raise UserError(
            f"{str(root)!r} contains no run; name a folder with run directories in it, such as runs"
        )
    lines = [line_of(load_run(folder), out.parent) for folder in folders]
    write_whole(out, render_index(root.resolve().name, lines).encode("utf-8", "replace"))
    return out, lines


def line_of(run: RunView, beside: Path) -> Line:
    """Return a run's line for a list in the folder `beside`."""
    found = {e.name: e for e in run.evaluations}
    page, best = run.root / "report.html", best_of(run.evaluations)
    levels = [f.level for f in findings(run)]
    last = found.get("grpo") or found.get("sft") or found.get("base")
    said = run_verdict(run).said
    return Line(
        name=run.name,
        href=_relative(page, beside) if page.is_file() else "",
        model=clip(mapping(run.config, "model").get("name") or "", 60),
        seed=clip(run.config.get("seed", ""), 20),
        state=f"finished, {duration(run.elapsed_s)}" if run.finished else "not finished",
        n=str(len(last.rows)) if last and last.rows else "",
        base=_accuracy(found.get("base")),
        best=f"{_accuracy(best)} ({best.prompt_format})" if best else "",
        sft=_accuracy(found.get("sft")),
        grpo=_accuracy(found.get("grpo")),
        reward=_reward(last),
        serious=levels.count(Level.SERIOUS),
        cautions=levels.count(Level.CAUTION),
        verdict=" ".join(said.serious) or said.headline,
    )


def _relative(page: Path, beside: Path) -> str:
    try:
        return quote(str(page.resolve().relative_to(beside.resolve())))
    except ValueError:
        return ""  # a link out of the list's folder would break when the list is moved


def _accuracy(evaluation: Evaluation | None) -> str:
    value = accuracy_of(evaluation) if evaluation else None
    return written(value[0], True) if value else ""


def _reward(evaluation: Evaluation | None) -> str:
    value = estimate(evaluation, REWARD)[0] if evaluation else None
    return "" if value is None else written(value, False)


def render_index(title: str, lines: Sequence[Line]) -> str:
    """Render the list as a self-contained HTML page."""
    environment = Environment(
        loader=PackageLoader("reasoning_train.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, digest = style_and_hash()
    return environment.get_template("index.html.j2").render(
        title=title, lines=lines, columns=columns(lines), style=Markup(style), style_hash=digest
    )


COLUMNS = {
    "model": "model", "seed": "seed", "n": "n", "base": "base, schema", "best": "base, best",
    "sft": "SFT", "grpo": "GRPO", "reward": "reward", "state": "state",
}  # fmt: skip


def columns(lines: Sequence[Line]) -> list[tuple[str, str]]:
    """Return the attribute and heading of each column that has a value."""
    return [(key, name) for key, name in COLUMNS.items() if any(getattr(x, key) for x in lines)]


def as_dicts(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return the list as dictionaries for JSON."""
    return [{key: getattr(line, key) for key in Line.__slots__} for line in lines]
