"""Data of the page's completion browser, which shows completions of one problem side by side.

The completions are those of different evaluations, of one evaluation's samples, or of a group of
rollouts. To keep the page small, a budget in bytes limits the number of problems: first those whose
outcome changed or is suspect, then a random sample of the rest.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite
from typing import Any

from reasoning_rewards import final_answer
from reasoning_train.report.evaluations import Row
from reasoning_train.report.held_out import HeldOutProblem
from reasoning_train.report.load import RunView
from reasoning_train.report.results import Entry

HEAD, TAIL = 3_000, 1_000
"""Numbers of characters kept at a completion's beginning and end."""
SHORT = 300
"""Number of characters kept of ids and golds."""
MOST_SAMPLES = 16
"""Maximum number of samples shown for a problem."""

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Panel:
    """List of problems or steps to browse.

    Attributes:
        kind: `stages` if the columns are evaluations, `samples` if they are the greedy completion
            and the samples of one evaluation, `group` if they are a step's rollouts.
        title: Heading of the list.
        columns: Label and CSS class of each column.
        items: Entries of the list, each with one completion per column.
        total: Number of entries before the selection; for `group`, number of rollouts.
        drawn: How `items` were selected; empty if they are complete.
    """

    kind: str
    title: str
    columns: tuple[tuple[str, str], ...]
    items: tuple[Item, ...]
    total: int
    drawn: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the panel in the form that the page's script reads."""
        return {
            "kind": self.kind,
            "title": self.title,
            "columns": [{"label": label, "css": css} for label, css in self.columns],
            "items": list(self.items),
            "total": self.total,
        }


def problem_panel(entries: Sequence[Entry], budget: int, title: str = "Held-out problems") -> Panel:
    """Return held-out problems with the completion of each evaluation.

    Args:
        entries: Evaluations, one per column.
        budget: Maximum size in bytes of JSON.
        title: Heading of the list.
    """
    rows: dict[str, list[Row | None]] = {}
    sources: dict[str, HeldOutProblem | None] = {}
    for place, entry in enumerate(entries):
        for row in entry.evaluation.rows:
            key = entry.held_out.key(row)
            rows.setdefault(key, [None] * len(entries))[place] = _as_asked(row, entry)
            sources[key] = sources.get(key) or (entry.held_out.problems or {}).get(row.id)
    items = {key: _item(found, sources[key]) for key, found in rows.items()}
    runs = [entry.run for entry in entries]
    telling = {key for key, found in rows.items() if _is_telling(found, runs)}
    order = sorted(items, key=lambda key: (key not in telling, _lot(key)))
    chosen = _within(items, order, budget)
    return Panel(
        "stages",
        title,
        tuple((entry.label, entry.css) for entry in entries),
        tuple(item for key, item in items.items() if key in chosen),
        len(items),
        _drawn(chosen, telling, len(items)),
    )


def _as_asked(row: Row, entry: Entry) -> Row:
    """Return the row, judged by lenient accuracy if the prompt did not ask for tags."""
    if entry.evaluation.prompt_format == "schema" or row.lenient is None:
        return row
    return replace(row, correct=row.lenient)


def _drawn(chosen: set[str], telling: set[str], total: int) -> str:
    if len(chosen) == total:
        return ""
    kept = len(chosen & telling)
    return (
        f"{kept:,} of the {len(telling):,} whose outcome changed or is suspect, and "
        f"{len(chosen) - kept:,} drawn at random from the others"
    )


def sample_panel(entry: Entry, budget: int) -> Panel:
    """Return an evaluation's problems, each with its greedy completion and its samples.

    If not all fit, problems that are solved only sometimes, or hacked, come first.

    Args:
        entry: Evaluation with samples.
        budget: Maximum size in bytes of JSON.
    """
    rows = {entry.held_out.key(r): r for r in entry.evaluation.rows if r.samples}
    items = {key: _sample_item(row, entry) for key, row in rows.items()}
    telling = {
        key
        for key, row in rows.items()
        if len({r.correct for r in (row, *row.samples)}) > 1
        or any(r.hacked for r in (row, *row.samples))
    }
    order = sorted(items, key=lambda key: (key not in telling, _lot(key)))
    chosen = _within(items, order, budget)
    most = max((len(row.samples) for row in rows.values()), default=0)
    places = range(1, min(most, MOST_SAMPLES) + 1)
    columns = [("greedy", entry.css), *((f"sample {place}", entry.css) for place in places)]
    notes = [_drawn(chosen, telling, len(items))]
    notes += [f"{MOST_SAMPLES} of {most} samples each"] if most > MOST_SAMPLES else []
    return Panel(
        "samples",
        f"Samples of {entry.label}",
        tuple(columns),
        tuple(item for key, item in items.items() if key in chosen),
        len(items),
        "; ".join(filter(None, notes)),
    )


def _sample_item(row: Row, entry: Entry) -> Item:
    item = _item([row, *row.samples[:MOST_SAMPLES]], (entry.held_out.problems or {}).get(row.id))
    right = sum(sample.correct for sample in row.samples)
    answers = Counter(final_answer(sample.completion) or "none" for sample in row.samples)
    item["tally"] = (
        f"{right} of {len(row.samples)} samples right; their answers: "
        + ", ".join(f"{answer[:40]} × {count}" for answer, count in answers.most_common(5))
        + (" …" if len(answers) > 5 else "")
    )
    return item


def rollout_panel(run: RunView, title: str, budget: int) -> Panel:
    """Return the first group of rollouts of evenly spaced steps.

    Args:
        run: The run.
        title: Heading of the list.
        budget: Maximum size in bytes of JSON.
    """
    steps = [step for step in run.rollouts if step.group]
    items = {}
    for step in steps:
        item = _item(step.group, None)
        items[f"{step.step}"] = {**item, "step": step.step}
    order = _spread(list(items))
    chosen = _within(items, order, budget)
    width = max((len(step.group) for step in steps), default=0)
    drawn = f"the first group of {len(chosen):,} of {len(steps):,} steps"
    return Panel(
        "group",
        title,
        tuple((f"{place}", "stage-grpo") for place in range(1, width + 1)),
        tuple(item for key, item in items.items() if key in chosen),
        sum(step.rows for step in steps),
        drawn,
    )


def _spread(keys: list[str]) -> list[str]:
    """Return the keys in an order of which any beginning is spread over the whole list."""
    size = 1 << max(len(keys) - 1, 1).bit_length()
    turned = (int(f"{i:0{size.bit_length() - 1}b}"[::-1], 2) for i in range(size))
    return [keys[i] for i in turned if i < len(keys)]


def _within(items: dict[str, Item], order: Sequence[str], budget: int) -> set[str]:
    chosen: set[str] = set()
    used = 0
    for key in order:
        used += len(safe_json(items[key])) + 1
        if used > budget:
            break
        chosen.add(key)
    return chosen


def _is_telling(found: Sequence[Row | None], runs: Sequence[int]) -> bool:
    """Return whether an outcome is suspect, differs between runs, or flipped.

    A flip from wrong to right in the first stage does not count, since most problems have one.

    Args:
        found: Prediction of each evaluation for the problem, or None.
        runs: Run of each evaluation.
    """
    by_run = [
        [row for row, run in zip(found, runs, strict=True) if row is not None and run == wanted]
        for wanted in dict.fromkeys(runs)
    ]
    if len({rows[-1].correct for rows in by_run if rows}) > 1:
        return True
    return any(_flips(rows) or any(row.hacked for row in rows) for rows in by_run)


def _flips(rows: Sequence[Row]) -> bool:
    lost_at_once = len(rows) > 1 and rows[0].correct and not rows[1].correct
    return lost_at_once or any(a.correct != b.correct for a, b in pairwise(rows[1:]))


def _lot(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _item(found: Sequence[Row | None], problem: HeldOutProblem | None) -> Item:
    first = next(row for row in found if row is not None)
    item: Item = {
        "id": first.id[:SHORT],
        "question": middle_out(problem.question if problem else first.prompt),
        "gold": first.gold[:SHORT],
        "completions": [None if row is None else _completion(row) for row in found],
    }
    if problem:
        item["row"] = problem.row
        item["digest"] = problem.digest
        for name in ("source", "license", "origin"):
            if value := getattr(problem, name):
                item[name] = value[:SHORT]
    return item


def _completion(row: Row) -> Item:
    held: Item = {
        "text": middle_out(row.completion),
        "status": row.status[:SHORT],
        "right": row.correct,
        "lenient": row.lenient,
        "independent": row.independent,
        "hacked": row.hacked,
        "cut": None if row.finished is None else not row.finished,
        "total": _short(row.total),
        "components": {k[:SHORT]: _short(v) for k, v in list(row.components.items())[:12]},
        "stated": _short(row.stated_confidence),
        "tokens": _short(row.tokens),
        "fault": row.fault[:SHORT] or None,
    }
    return {key: value for key, value in held.items() if value is not None}


def middle_out(text: str) -> str:
    """Shorten a very long text in its middle, keeping its beginning and the answer at its end."""
    if len(text) <= HEAD + TAIL:
        return text
    return f"{text[:HEAD]}\n[… {len(text) - HEAD - TAIL:,} characters left out …]\n{text[-TAIL:]}"


def _short(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else round(value, 4)


def safe_json(value: object) -> str:
    """Encode JSON that is safe inside a `<script>` element, whatever its strings contain.

    `<`, `>`, `&` and all non-ASCII characters are escaped, so that neither `</script>`, `<!--` nor
    U+2028 can appear.
    """
    written = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        written = written.replace(character, f"\\u{ord(character):04x}")
    return written
