"""Preview of a build as a self-contained HTML page."""

from html import escape

from reasoning_data.inspect.preview import Histogram, Preview, PreviewRow

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #1d2429; background: #fff; }
.row { border: 1px solid #c9d1d6; border-radius: 6px; margin: 1rem 0; padding: .8rem; }
.text { font: 13px/1.7 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.p0 { background: #eceff1; } .p1 { background: #d5dbdf; }
.c0 { background: #c8ecd0; } .c1 { background: #9fdcae; }
.meta { color: #59656d; font-size: 13px; }
table { border-collapse: collapse; } td, th { padding: .1rem .6rem; text-align: right; }
.bar { background: #3b82b6; height: .8rem; display: inline-block; }
td:last-child { text-align: left; width: 22rem; }
@media (prefers-color-scheme: dark) {
  body { color: #e4e9ec; background: #14191c; } .row { border-color: #3a444a; }
  .meta { color: #9aa7af; }
  .p0 { background: #262d32; } .p1 { background: #343d43; }
  .c0 { background: #14532d; } .c1 { background: #1a7440; } }
"""


def render_page(view: Preview) -> str:
    """Return the page: legend, rows with their tokens, histograms, and the counts of the build."""
    title = f"{escape(view.folder)} / {escape(view.split)}"
    counts = ", ".join(f"{name} {rows:,}" for name, rows in view.manifest.splits.items())
    note = "" if view.tokenized else " No tokenizer was given, so each text is one piece."
    loss = ' <span class="c0"> loss </span>' if view.split == "sft" else ""
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{title}</title><style>{STYLE}</style></head><body>",
            f"<h1>{title}</h1>",
            f'<p class="meta">Rows: {escape(counts)}. Manifest {view.manifest.sha256[:16]}.</p>',
            f'<p><span class="p0"> no loss </span>{loss}{note}</p>',
            *(_row(row) for row in view.rows),
            *(_histogram(found) for found in view.histograms),
            "</body></html>\n",
        ]
    )


def _row(row: PreviewRow) -> str:
    spans = [
        f'<span class="{"c" if token.loss else "p"}{number % 2}">'
        f"{escape(token.text).replace(chr(10), '↵' + chr(10))}</span>"
        for number, token in enumerate(row.tokens)
    ]
    trained = sum(token.loss for token in row.tokens)
    gold = f"<p>gold: <b>{escape(row.gold)}</b></p>" if row.gold else ""
    return (
        f'<div class="row"><p class="meta">{escape(row.id)} {escape(row.origin)}: '
        f"{len(row.tokens)} pieces, {trained} with loss</p>"
        f'<div class="text">{"".join(spans)}</div>{gold}</div>'
    )


def _histogram(found: Histogram) -> str:
    top = max(found.counts, default=1)
    lines = [
        f"<tr><td>{low}</td><td>{high - 1}</td><td>{count:,}</td>"
        f'<td><span class="bar" style="width:{100 * count / top:.1f}%"></span></td></tr>'
        for low, high, count in zip(found.edges, found.edges[1:], found.counts, strict=False)
    ]
    return (
        f"<h2>Length of the {escape(found.name)} in {escape(found.unit)}</h2>"
        f"<table><tr><th>from</th><th>to</th><th>rows</th><th></th></tr>{''.join(lines)}</table>"
    )
