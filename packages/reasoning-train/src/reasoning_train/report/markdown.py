"""Report as Markdown for a model card: figures, comparisons and warnings."""

from collections.abc import Iterable, Sequence

from reasoning_train.report.findings import Level, merged
from reasoning_train.report.page import FEW_RUNS, Report
from reasoning_train.report.results import Cell, Entry, Pair, TableRow
from reasoning_train.report.seeds import PooledPair, SeedResult

SKIPPED = ("Characters", "… correctness", "… structure", "… confidence")
"""Rows of the page's table that are left out of the model card."""


def as_markdown(report: Report) -> str:
    """Return the report without its drawings and completions.

    Runs with the same settings and different seeds share a table of means. Evaluations of other
    runs have their own rows.
    """
    in_groups = {place for result in report.seeds for place in result.group.places}
    single = [index for index, e in enumerate(report.entries) if e.run not in in_groups]
    parts = [_verdicts(report)]
    parts += [block for result in report.seeds for block in _seeds(result)]
    if report.between:
        parts.append(_sentences(report.between))
    if single:
        labels = [_counted(report.entries[index]) for index in single]
        parts.append(_table(labels, report.table, single))
        pairs = [
            p for p in report.pairs if _is_single(p, [report.entries[i].label for i in single])
        ]
        parts.append(_sentences(pairs))
    for found in report.further:
        labels = [_counted(entry) for entry in found.entries]
        table = _table(labels, found.table, range(len(labels)))
        parts += [f"Held-out set {plain(found.name)}:", table, _sentences(found.pairs)]
    if not report.entries:
        parts.append("No evaluation yet.")
    parts.append(
        "Greedy decoding unless a column says otherwise; 95 % intervals in parentheses. Accuracy "
        "counts answers inside the tags, lenient accuracy counts final answers anywhere. A gain in "
        "the former alone is format, not skill."
    )
    parts.append(_warnings(report))
    return "\n\n".join(filter(None, parts)) + "\n"


def _verdicts(report: Report) -> str:
    """Return the verdict of each run; empty for many runs, which have tests over seeds instead."""
    several = len(report.runs) > 1
    if len(report.runs) > FEW_RUNS:
        return ""
    said = [
        (f"{v.run}: " if several else "") + " ".join((v.said.headline, *v.said.form))
        for v in report.verdicts
        if v.said.headline
    ]
    return "\n\n".join(map(plain, said))


def _counted(entry: Entry) -> tuple[str, str]:
    """Return the label of an evaluation and its number of problems."""
    return entry.label, str(len(entry.evaluation.rows) or (entry.evaluation.summary or {}).get("n"))


def _is_single(pair: Pair, labels: Sequence[str]) -> bool:
    return pair.before in labels and pair.after in labels


def _seeds(result: SeedResult) -> Iterable[str]:
    seeds = ", ".join("unknown" if s is None else str(s) for s in result.group.seeds)
    name = f"{result.group.name}: " if result.group.name else ""
    yield (
        f"{plain(name)}means over {len(result.group.seeds)} seeds ({seeds}), n = {result.problems} "
        "problems each; intervals over seeds and problems, or only over seeds for figures that are "
        "not means over problems."
    )
    labels = [(label, str(runs)) for label, _, runs in result.columns]
    yield _table(labels, result.table, range(len(labels)), counted="seeds")
    yield _sentences(result.pairs)


def _table(
    labels: Sequence[tuple[str, str]],
    table: Sequence[TableRow],
    columns: Sequence[int],
    counted: str = "n",
) -> str:
    """Return a table with a row per evaluation and a column per metric.

    Args:
        labels: Label and count of each row.
        table: The metrics, whose cells are chosen by `columns`.
        columns: Index of each row's cells.
        counted: Heading of the counts.
    """
    shown = [row for row in table if row.name not in SKIPPED]
    shown = [row for row in shown if any(row.cells[column].value for column in columns)]
    head = ["", counted, *(row.name for row in shown)]
    rows = [head, ["---"] * len(head)]
    for (label, count), column in zip(labels, columns, strict=True):
        rows.append([label, count, *(_cell(row.cells[column]) for row in shown)])
    return "\n".join("| " + " | ".join(plain(cell) for cell in row) + " |" for row in rows)


def _cell(cell: Cell) -> str:
    notes = ", ".join(filter(None, (cell.interval, cell.spread)))
    return f"{cell.value} ({notes})" if notes else cell.value or "—"


def _sentences(pairs: Sequence[Pair | PooledPair]) -> str:
    return "\n".join(
        f"- {'' if p.main or p.measure == 'strict' else 'Lenient: '}{plain(p.sentence)}"
        for p in pairs
    )


def _warnings(report: Report) -> str:
    found = merged(report.findings) if len(report.runs) > 1 else report.findings
    lines = [
        f"- **{plain(f.title)}**{f' ({plain(f.run)})' if len(report.runs) > 1 else ''}. "
        f"{plain(f.text)}"
        for f in found
        if f.level is not Level.NOTE
    ]
    return "Warnings:\n\n" + "\n".join(lines) if lines else ""


def plain(text: str) -> str:
    """Escape text so that it neither ends a table cell nor becomes markup."""
    for character, written in (("\\", "\\\\"), ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, written)
    for character in "|`*[]":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())
