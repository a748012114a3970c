"""Evaluations of one folder as Markdown, for a model card: a table, and what changed by how much.

`evaluation/summary.md` is written anew after every evaluation.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reasoning_export.card.headline import SERIOUS
from reasoning_train.durable import write_text
from reasoning_train.errors import UserError
from reasoning_train.evaluation.comparison import read_summary
from reasoning_train.evaluation.gains import gains, verdict_of
from reasoning_train.evaluation.map_against_training import map_against_training
from reasoning_train.evaluation.verdict import Verdict
from reasoning_train.evaluation.wording import STAGES

NAME = "summary.md"
SETS = "sets"
"""Folder of the evaluations on further held-out sets."""
COLUMNS = (
    "model", "n", "accuracy %", "lenient %", "format %", "reward", "AUROC", "ECE", "Brier", "AURC",
    "right of surest 80 %", "ECE, isotonic", "cut %",
)  # fmt: skip


def write_markdown(folder: Path) -> None:
    """Write `summary.md` beside the evaluations, with those on further held-out sets below."""
    parts = [markdown_table(folder)]
    parts += [
        f"### Held-out set {further.name}\n\n{markdown_table(further, judged=False)}"
        for further in sorted((folder / SETS).glob("*"))
        if further.is_dir()
    ]
    write_text(folder / NAME, "\n".join(parts))


def markdown_table(folder: Path, *, judged: bool = True) -> str:
    """Every evaluation of a folder in one table, and the paired differences of the stages.

    A file that cannot be read is named below the table and left out.

    Args:
        folder: The evaluations.
        judged: Begin with the verdict on them.
    """
    summaries, notes = {}, []
    for path in evaluation_files(folder):
        try:
            summaries[path.stem] = read_summary(path)
        except UserError as error:
            notes.append(f"Left out: {error}.")
    if not summaries:
        return "\n\n".join(["No evaluation.", *notes]) + "\n"
    sampled = _sampled_columns(summaries)
    rows = [(*COLUMNS, *sampled), ("---",) * (len(COLUMNS) + len(sampled))]
    rows += [
        (*_row(name, summary), *(_sampled(summary, column) for column in sampled))
        for name, summary in summaries.items()
    ]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    listed = "\n".join(f"- {line}" for line in gains(folder))
    over = map_against_training(summaries)
    said = verdict_of(folder) if judged else Verdict()
    warned = "\n>\n".join(f"{SERIOUS}{line}" for line in said.serious)
    words = "\n".join([said.headline, *said.form]).strip()
    parts = [warned, words, table, _explained(summaries), listed, over, *notes]
    return "\n\n".join(filter(None, parts)) + "\n"


def evaluation_files(folder: Path) -> list[Path]:
    """The JSON files of a folder by stage, each stage's other evaluations after its own."""
    files = sorted(p for p in folder.glob("*.json") if not p.name.startswith("."))
    order = {stage: place for place, stage in enumerate(STAGES)}
    return sorted(files, key=lambda p: (order.get(p.stem.partition("-")[0], len(STAGES)), p.stem))


def _row(name: str, summary: Mapping[str, Any]) -> tuple[str, ...]:
    low, high = summary["ci95"]["mean_reward"]
    return (
        name.replace("|", "\\|"),
        str(summary["n"]),
        _share(summary, "accuracy"),
        _share(summary, "accuracy_lenient"),
        _share(summary, "well_formed"),
        f"{summary['mean_reward']:.3f} ({low:.3f}–{high:.3f})",
        _with_interval(summary, "auroc"),
        *(confidence_figure(summary, key) for key in ("ece", "brier", "aurc")),
        _percent(summary.get("accuracy_at_80")),
        confidence_figure(summary.get("post_hoc") or {}, "ece"),
        f"{100 * summary['cut']:.1f}",
    )


def confidence_figure(summary: Mapping[str, Any], key: str) -> str:
    """A figure of the stated confidences; a dash where nothing was stated."""
    value = summary.get(key)
    return "—" if value is None else f"{value:.3f}"


def _with_interval(summary: Mapping[str, Any], key: str) -> str:
    figure = confidence_figure(summary, key)
    if key not in summary["ci95"]:
        return figure
    low, high = summary["ci95"][key]
    return f"{figure} ({low:.3f}–{high:.3f})"


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{100 * value:.1f}"


def _share(summary: Mapping[str, Any], key: str) -> str:
    low, high = summary["ci95"][key]
    return f"{100 * summary[key]:.1f} ({100 * low:.1f}–{100 * high:.1f})"


def _sampled_columns(summaries: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """`pass@8 %`, `maj@8 %` and so on, of the most samples that any evaluation drew."""
    return [
        f"{name}@{k} %"
        for k in sorted({s["samples"] for s in summaries.values() if s.get("samples")})
        for name in ("pass", "maj")
    ]


def _sampled(summary: Mapping[str, Any], column: str) -> str:
    name, _, k = column.removesuffix(" %").partition("@")
    value = summary.get(f"{name}_at_k", {}).get(k)
    if value is None:
        return "—"
    low, high = summary["ci95"][f"{name}_at_{k}"]
    return f"{100 * value:.1f} ({100 * low:.1f}–{100 * high:.1f})"


def _explained(summaries: Mapping[str, Mapping[str, Any]]) -> str:
    seeds = sorted({str(s.get("seed")) for s in summaries.values()})
    formats = sorted({str(s.get("prompt_format", "schema")) for s in summaries.values()})
    temperatures = sorted({s["temperature"] for s in summaries.values() if s.get("samples")})
    sampled = (
        f" Samples at temperature {', '.join(map(str, temperatures))}." if temperatures else ""
    )
    sets = sorted({s["held_out"] for s in summaries.values() if s.get("held_out")})
    problems = f"the held-out set {', '.join(sets)}" if sets else "held-out problems"
    return (
        f"Greedy on {problems}; 95 % intervals in parentheses. Seed {', '.join(seeds)}; "
        f"prompt format {', '.join(formats)}. Accuracy counts answers in the tags, lenient the "
        f"final answer anywhere; cut completions met the length limit; AUROC, ECE, Brier, AURC and "
        f"the accuracy of the surest 80 % are of stated confidences, a dash where none was stated; "
        f"isotonic is the ECE after a map that was fitted afterwards, on other problems."
        f"{sampled}"
    )
