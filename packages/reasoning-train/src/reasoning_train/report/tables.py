"""Tables of a run's JSON files: data, provenance and the memory plan."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from reasoning_train.report.axes import figure
from reasoning_train.report.load import RunView
from reasoning_train.report.settings import clip
from reasoning_train.report.timeline import duration
from reasoning_train.run_dir.records import as_number, mapping, truth

MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Table:
    """Table of text with a title, a header, rows, and a note about rows left out."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def _table(title: str, header: tuple[str, ...], rows: Iterable[Iterable[object]]) -> Table:
    written = [tuple(clip("" if value is None else value) for value in row) for row in rows]
    # Leave out columns without any value.
    held = [i for i in range(len(header)) if any(row[i] for row in written)]
    header, written = (
        tuple(header[i] for i in held),
        [tuple(row[i] for i in held) for row in written],
    )
    left = len(written) - MOST_ROWS
    note = f"{left:,} more rows are not shown" if left > 0 else ""
    return Table(title, header, tuple(written[:MOST_ROWS]), note)


def provenance(run: RunView) -> list[Table]:
    """Return tables of the data's sources and cleaning, and of base model and versions."""
    data = run.data_manifest
    tables = [
        _table(
            "Sources",
            ("name", "location", "revision or SHA-256", "licence", "rows"),
            (
                (
                    source.get("name"),
                    source.get("location"),
                    source.get("revision") or source.get("sha256"),
                    source.get("license"),
                    _count(source.get("rows")),
                )
                for source in _objects(data.get("sources"))
            ),
        ),
        _table("Rows left after each step", ("step", "rows"), _steps(data.get("steps"))),
        _counts("Rejected rows, by reason", "reason", data, "rejected"),
        _counts("Rows kept with a flag", "flag", data, "flagged"),
        _counts("Rows by licence", "licence", data, "licenses"),
        _counts("Rows by split", "split", data, "splits"),
        _table(
            "Files",
            ("file", "rows", "bytes", "SHA-256"),
            (
                (name, _count(entry.get("rows")), _count(entry.get("bytes")), entry.get("sha256"))
                for name, entry in mapping(data, "files").items()
                if isinstance(entry, dict)
            ),
        ),
        _table("Base model, data and code", ("what", "value"), _made_of(run)),
        _table("Versions", ("package", "version"), mapping(run.manifest, "packages").items()),
    ]
    return [table for table in tables if table.rows]


def _made_of(run: RunView) -> Iterable[tuple[object, object]]:
    base = mapping(run.manifest, "base_model")
    yield from ((f"base {file}", sha) for file, sha in mapping(base, "sha256").items())
    named, now = run.manifest.get("data_manifest_sha256"), run.data_manifest_sha256
    if named:
        match = "that of the file in data/" if named == now else "NOT that of the file in data/"
        yield "data manifest", f"{named} ({match})"
    if run.manifest.get("git_commit"):
        yield "git commit of the code", run.manifest["git_commit"]


def _counts(title: str, what: str, data: Mapping[str, Any], key: str) -> Table:
    counts = mapping(data, key)
    return _table(title, (what, "rows"), ((name, _count(n)) for name, n in counts.items()))


def _steps(value: object) -> Iterable[tuple[object, object]]:
    for step in value if isinstance(value, list) else []:
        if isinstance(step, list) and len(step) == 2:
            yield step[0], _count(step[1])


def _objects(value: object) -> Iterable[Mapping[str, Any]]:
    return (item for item in (value if isinstance(value, list) else []) if isinstance(item, dict))


def _count(value: object) -> str:
    number = as_number(value)
    return "" if number is None else f"{number:,.0f}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Result of `reasoning-train plan` for the run.

    Attributes:
        fits: Whether the run fits into the chips' memory; None if the plan does not say.
        topology: Name of the slice of chips.
        tables: Functions with their memory per chip, stages, and other numbers.
        hints: Suggested changes of settings.
    """

    fits: bool | None
    topology: str
    tables: tuple[Table, ...]
    hints: tuple[str, ...]


def plan_of(run: RunView) -> Plan | None:
    """Return the plan in the run directory; None if there is none."""
    if not run.plan:
        return None
    hints = run.plan.get("hints")
    rest = {k: v for k, v in run.plan.items() if k not in ("fits", "topology") and _is_scalar(v)}
    tables = (
        _plan_table("Functions, memory per chip", "function", mapping(run.plan, "functions")),
        _plan_table("Stages, estimated", "stage", mapping(run.plan, "stages")),
        _table(
            "Further", ("key", "value"), ((_heading(k), _quantity(k, v)) for k, v in rest.items())
        ),
    )
    return Plan(
        fits=truth(run.plan, "fits"),
        topology=clip(run.plan.get("topology") or "an unnamed topology"),
        tables=tuple(table for table in tables if table.rows),
        hints=tuple(clip(hint) for hint in hints[:20]) if isinstance(hints, list) else (),
    )


def _plan_table(title: str, first: str, entries: Mapping[str, Any]) -> Table:
    """Return a table with one row per entry; an entry that is a number is its memory in bytes."""
    held = {
        name: entry if isinstance(entry, dict) else {"memory_bytes": entry}
        for name, entry in entries.items()
    }
    keys = dict.fromkeys(k for entry in held.values() for k, v in entry.items() if _is_scalar(v))
    rows = ((name, *(_quantity(k, entry.get(k)) for k in keys)) for name, entry in held.items())
    return _table(title, (first, *map(_heading, keys)), rows)


def _is_scalar(value: object) -> bool:
    return value is not None and not isinstance(value, dict | list)


def _heading(key: str) -> str:
    return clip(key.removesuffix("_bytes").removesuffix("_s").replace("_", " "), 60)


def _quantity(key: str, value: object) -> str:
    number = as_number(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if number is None or not isfinite(number):
        return "" if value is None else clip(value)
    if key.endswith("_bytes"):
        return f"{number / 2**30:.2f} GiB" if number >= 2**30 else f"{number / 2**20:.1f} MiB"
    return duration(number) if key.endswith("_s") and number >= 0 else figure(number)
