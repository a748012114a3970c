"""The sources of a run's training data, read from its `data/manifest.json`."""

from dataclasses import dataclass
from typing import Any

from reasoning_export.errors import ExportError
from reasoning_export.files import MAX_NAME, read_json
from reasoning_export.inputs.run_directory import HUB_ID, Run

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class DataSource:
    """A source of training data.

    Attributes:
        name: What the source is called.
        hub_id: Its id among the data sets of the Hugging Face hub; None for files and generators.
        rows: How many were read from it.
        licence: As stated by the source.
    """

    name: str
    hub_id: str | None
    rows: int
    licence: str


def data_sources(run: Run) -> list[DataSource]:
    """The sources of a run's data; empty if the run has no data manifest.

    Raises:
        ExportError: The manifest is not what it should be.
    """
    path = run.path / "data" / MANIFEST
    if not path.is_file():
        return []
    listed = read_json(path, "the manifest of the data").get("sources")
    if not isinstance(listed, list):
        raise ExportError(f"{str(path)!r}: sources is {listed!r:.200}; it must be a list")
    return [_source(entry) for entry in listed]


def _source(entry: Any) -> DataSource:
    values = entry if isinstance(entry, dict) else {}
    name, rows = values.get("name"), values.get("rows")
    if not isinstance(name, str) or not name.isprintable() or len(name) > MAX_NAME:
        raise ExportError(f"data/{MANIFEST}: a source is called {name!r:.200}")
    if not isinstance(rows, int) or isinstance(rows, bool):
        raise ExportError(f"data/{MANIFEST}: {name!r} has {rows!r:.200} rows")
    location, licence = values.get("location"), values.get("license")
    # A commit stands beside what was loaded from the hub; a file that looks like an id has none.
    hub = isinstance(location, str) and HUB_ID.fullmatch(location) and values.get("revision")
    stated = isinstance(licence, str) and licence.isprintable() and len(licence) <= MAX_NAME
    return DataSource(
        name,
        str(location) if hub else None,
        rows,
        str(licence) if stated and licence else "unknown",
    )
