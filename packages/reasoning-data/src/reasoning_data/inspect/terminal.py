"""Terminal output for builds and previews."""

from collections.abc import Sequence

from rich import box
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from reasoning_data.inspect.preview import Histogram, Preview, PreviewRow
from reasoning_data.manifest import Manifest

# Neighbouring tokens differ in shade; a token without loss is grey, one with loss is green.
SHADES = {
    False: ("grey70 on grey15", "grey70 on grey23"),
    True: ("black on green3", "black on green1"),
}
BAR = 40


def show_preview(view: Preview, console: Console) -> None:
    """Print the rows and histograms of a preview."""
    console.print(_legend(view))
    for row in view.rows:
        console.print(_panel(row, console))
    for found in view.histograms:
        console.print(_bars(found, console))


def show_manifest(manifest: Manifest, console: Console) -> None:
    """Print the rows left after each step, the rejects by reason, and the rows of each split."""
    steps = [(step, f"{rows:,}") for step, rows in manifest.steps]
    console.print(_table(console, "rows left after each step", ("step", "rows"), steps))
    for title, counts in (("rejected", manifest.rejected), ("flagged", manifest.flagged)):
        if counts:
            lines = [(reason, f"{rows:,}") for reason, rows in counts.items()]
            console.print(_table(console, title, ("reason", "rows"), lines))
    splits = [
        (split, f"{rows:,}", str(manifest.statistics[split].get("steps", {}).get("p50", "")))
        for split, rows in manifest.splits.items()
    ]
    console.print(_table(console, "written", ("split", "rows", "steps (median)"), splits))


def _table(
    console: Console, title: str, columns: tuple[str, ...], lines: Sequence[tuple[str, ...]]
) -> Table:
    """Return a table, with borders on a terminal and without when piped."""
    lined = box.HEAVY_HEAD if console.is_terminal else None
    table = Table(*columns, title=title, title_justify="left", box=lined)
    for line in lines:
        table.add_row(*line)
    return table


def _legend(view: Preview) -> Text:
    text = Text(f"{view.folder} / {view.split}, {view.manifest.splits[view.split]:,} rows   ")
    text.append(" no loss ", SHADES[False][0])
    if view.split == "sft":
        text.append(" loss ", SHADES[True][0])
    if not view.tokenized:
        text.append("   give --tokenizer to see token boundaries", "italic")
    return text


def _panel(row: PreviewRow, console: Console) -> Panel | Group:
    text = Text()
    for number, token in enumerate(row.tokens):
        # A line break keeps its own mark, or a token that is nothing else could not be seen.
        text.append(token.text.replace("\n", "↵\n"), SHADES[token.loss][number % 2])
    trained = sum(token.loss for token in row.tokens)
    parts = [text, Text(f"gold: {row.gold}", "bold")] if row.gold else [text]
    title = f"{row.id}  {row.origin}"
    subtitle = f"{len(row.tokens)} pieces, {trained} with loss"
    if not console.is_terminal:
        return Group(Text(f"\n{title}  {subtitle}"), *parts)
    return Panel(Group(*parts), title=title, subtitle=subtitle)


def _bars(found: Histogram, console: Console) -> Table:
    title = f"length of the {found.name} in {found.unit}"
    top = max(found.counts, default=1)
    lines = [
        (str(low), str(high - 1), f"{count:,}", "█" * max(round(BAR * count / top), count > 0))
        for low, high, count in zip(found.edges, found.edges[1:], found.counts, strict=False)
    ]
    return _table(console, title, ("from", "to", "rows", ""), lines)
