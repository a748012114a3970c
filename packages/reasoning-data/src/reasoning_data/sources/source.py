"""A source as a user names it, and the items it yields.

On the command line a source is `KIND:LOCATION[,key=value…]`, in a configuration file a table with
the same keys.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any

from reasoning_data.errors import DataError, Reason, Reject, RowError
from reasoning_data.manifest import SourceEntry
from reasoning_data.problem import Item
from reasoning_data.sources.convert import Converter, Provenance
from reasoning_data.sources.files.raw_row import RawRow
from reasoning_data.sources.files.reader import read_stdin
from reasoning_data.sources.gym import LICENSE as GYM_LICENSE
from reasoning_data.sources.gym import gym_items
from reasoning_data.sources.kinds import ALL_KINDS, ARITHMETIC, GYM, KINDS, ROWS, Kind
from reasoning_data.sources.location import is_local, raw_rows, sha256_of
from reasoning_data.sources.mapped import FieldMap
from reasoning_data.sources.word_problems import generate_arithmetic
from reasoning_data.splitting import Split

TEXT_KEPT = 200
STDIN = "-"
KIND_NAME = re.compile(r"[A-Za-z][\w-]+")
DEFAULT_COUNT = 1000


@dataclass(frozen=True, slots=True)
class Source:
    """One input of a build.

    Attributes:
        kind: How its rows are read, a name of `ALL_KINDS`.
        location: File, folder, hub id, `-` for standard input; for `gym` the generator's name.
        name: Prefix of its rows' ids; empty to take one from the location.
        weight: Weight in the mixture, relative to the other sources'.
        split: `sft`, `grpo` or `eval` for all its rows; empty to let the hash decide.
        limit: Read at most this many rows, 0 for all; the number drawn from a generator.
        license: Licence of the rows, where the kind does not know it.
        config: Configuration of a hub data set.
        hub_split: Split of a hub data set or a folder.
        revision: Commit of a hub data set; hub data sets must have one.
        seed: Seed of a generator.
        held_out: Draw from the held-out side of the arithmetic generator.
        question, answer, rationale, id: Names of the fields, for the kind `rows`.
    """

    kind: str
    location: str = ""
    name: str = ""
    weight: float = 1.0
    split: str = ""
    limit: int = 0
    license: str = ""
    config: str = ""
    hub_split: str = "train"
    revision: str = ""
    seed: int = 0
    held_out: bool = False
    question: str = "question"
    answer: str = "answer"
    rationale: str = "rationale"
    id: str = ""

    def __post_init__(self) -> None:
        if self.kind not in ALL_KINDS:
            raise DataError(f"no kind of source {self.kind!r}; kinds are {', '.join(ALL_KINDS)}")
        if self.split and self.split not in set(Split):
            raise DataError(f"no split {self.split!r}; splits are {', '.join(Split)}")
        if not 0 < self.weight < float("inf"):
            raise DataError(f"a weight must be positive: {self.weight!r}")
        if self.limit < 0:
            raise DataError(f"a limit must not be negative: {self.limit!r}")
        if self.kind != ARITHMETIC and not self.location:
            raise DataError(f"the source of kind {self.kind!r} has no location")
        if self.is_hub and not self.revision:
            raise DataError(
                f"{self.location!r} is no file here; if it is a hub data set, pin the commit with "
                f"{self.location},revision=COMMIT"
            )
        if not self.name:
            object.__setattr__(self, "name", self._default_name())

    @property
    def is_hub(self) -> bool:
        """Whether the rows come from the hub."""
        return self.kind in KINDS and self.location != STDIN and not is_local(self.location)

    @property
    def has_rationale(self) -> bool:
        """Whether its rows can have worked solutions."""
        return self.kind != GYM and (self.kind not in KINDS or KINDS[self.kind].rationale)

    def _default_name(self) -> str:
        if self.kind == ARITHMETIC:
            return ARITHMETIC
        if self.kind == GYM:
            return f"gym-{self.location}"
        stem = Path(self.location).name.split(".")[0] if self.location != STDIN else "stdin"
        if self.is_hub or Path(self.location).is_dir():
            stem = self.hub_split if self.kind != ROWS else f"{stem}-{self.hub_split}"
        return stem if self.kind == ROWS else f"{self.kind}-{stem}"

    def items(self, *, max_row_bytes: int) -> Iterator[Item | Reject]:
        """The problems of the source with their origin, and what could not become one.

        Raises:
            DataError: Nothing can be read there.
        """
        items = self._items(max_row_bytes)
        if not self.split:
            return items
        return (dataclasses.replace(item, split=self.split) for item in items)

    def _items(self, max_row_bytes: int) -> Iterator[Item | Reject]:
        if self.kind == ARITHMETIC:
            return self._arithmetic()
        if self.kind == GYM:
            return gym_items(self.location, self.limit or DEFAULT_COUNT, self.seed, self.name)
        rows = (
            read_stdin(max_row_bytes=max_row_bytes)
            if self.location == STDIN
            else raw_rows(
                self.location,
                config=self.config or KINDS[self.kind].config,
                split=self.hub_split,
                revision=self.revision or None,
                max_row_bytes=max_row_bytes,
            )
        )
        rows = islice(rows, self.limit or None)
        return convert_rows(rows, self._kind(), self.name, max_row_bytes=max_row_bytes)

    def _arithmetic(self) -> Iterator[Item]:
        count = self.limit or DEFAULT_COUNT
        try:
            problems = generate_arithmetic(count, seed=self.seed, held_out=self.held_out)
        except ValueError as error:
            raise DataError(f"arithmetic: {error}") from error
        return (Item(problem, f"{ARITHMETIC}:{i}") for i, problem in enumerate(problems, start=1))

    def _kind(self) -> Kind:
        kind = KINDS[self.kind]
        if self.kind == ROWS:
            fields = FieldMap(self.question, self.answer, self.rationale, self.id)
            kind = dataclasses.replace(kind, convert=fields.convert)
        return dataclasses.replace(
            kind, source=kind.source or self.name, license=self.license or kind.license
        )

    def entry(self, rows: int) -> SourceEntry:
        """What the manifest says of the source."""
        license = self.license
        if self.kind in KINDS:
            license = self._kind().license
        elif not license:
            license = GYM_LICENSE
        generated = self.kind not in KINDS
        local = not generated and not self.is_hub and self.location != STDIN
        location = f"{self.location}?seed={self.seed}" if generated else self.location
        return SourceEntry(
            name=self.name,
            kind=self.kind,
            location=Path(self.location).name if local else location,
            revision=self.revision,
            sha256=sha256_of(Path(self.location)) if local else "",
            license=license,
            rows=rows,
            weight=self.weight,
        )


def convert_rows(
    rows: Iterable[RawRow], kind: Kind, name: str, *, max_row_bytes: int
) -> Iterator[Item | Reject]:
    """Items from raw rows; a row that cannot be converted becomes a reject.

    Args:
        rows: The raw rows.
        kind: How to convert them.
        name: Prefix of their ids.
        max_row_bytes: Longest text of a problem; lines were limited already, but not every format
            has lines.
    """
    convert: Converter = kind.convert
    for row in rows:
        row_id = f"{name}:{row.line}"
        if row.fields is None:
            assert row.reason is not None
            yield Reject(row_id, row.reason, row.detail, row.origin)
            continue
        try:
            problem = convert(row.fields, Provenance(row_id, kind.source, kind.license))
        except RowError as error:
            text = repr(dict(row.fields))[:TEXT_KEPT]
            yield Reject(row_id, error.reason, error.detail, row.origin, text=text)
            continue
        size = len(problem.question) + len(problem.answer) + len(problem.rationale)
        if size > max_row_bytes:
            detail = f"{size} characters, the limit is {max_row_bytes}"
            yield Reject(row_id, Reason.ROW_TOO_LONG, detail, row.origin)
            continue
        yield Item(problem, row.origin)


def parse_source(text: str, defaults: Mapping[str, Any]) -> Source:
    """A source from `KIND:LOCATION[,key=value…]`; without a kind it is one of `rows`.

    Args:
        text: What the user wrote.
        defaults: Fields for a source of the kind `rows`.

    Raises:
        DataError: A key or a value is wrong, or there is no such kind and no file of that name.
    """
    kind, colon, rest = text.partition(":")
    if not colon and kind.partition(",")[0] == ARITHMETIC:
        kind, _, options = text.partition(",")
        rest = f",{options}" if options else ""
    elif not colon or kind not in ALL_KINDS:
        _check_no_kind(kind if colon else "", text)
        kind, rest = ROWS, text
    location, values = _cut_options(rest)
    if kind == ROWS:
        values = {**defaults, **values}
    return source_from({**values, "kind": kind, "location": location})


def _check_no_kind(kind: str, text: str) -> None:
    """Raise where the text begins with the name of a kind that there is none of.

    A file may have a colon in its name; `C:` is a drive.
    """
    if not KIND_NAME.fullmatch(kind) or Path(_cut_options(text)[0]).exists():
        return
    if text.startswith(f"{kind}://"):
        raise DataError(
            f"{text!r} is an address; fetch the file, or give a hub id such as owner/name"
        )
    close = get_close_matches(kind.casefold().replace("_", "-"), ALL_KINDS, 1, 0.7)
    hint = f"did you mean {close[0]}:? " if close else ""
    raise DataError(
        f"no kind of source {kind!r}, and no file {text!r}; {hint}kinds are {', '.join(ALL_KINDS)}"
    )


def source_from(table: Mapping[str, Any]) -> Source:
    """A source from the keys and values of a table.

    Raises:
        DataError: A key is unknown, a value of the wrong type, or `kind` is missing.
    """
    types = {f.name: f.type for f in dataclasses.fields(Source)}
    if "kind" not in table:
        raise DataError(f"a source needs a kind: {dict(table)!r}")
    values = {}
    for key, value in table.items():
        if key not in types:
            raise DataError(f"a source has no option {key!r}; options are {', '.join(types)}")
        values[key] = _typed(key, value, types[key])
    return Source(**values)


def _cut_options(text: str) -> tuple[str, dict[str, str]]:
    """Location and options; a comma in a file's name is no option unless `key=` follows."""
    keys = {f.name for f in dataclasses.fields(Source)}
    parts = text.split(",")
    first = next((i for i, part in enumerate(parts) if i and "=" in part), len(parts))
    options = dict(part.partition("=")[::2] for part in parts[first:])
    unknown = [key for key in options if key not in keys]
    if unknown:
        raise DataError(
            f"a source has no option {unknown[0]!r}; options are {', '.join(sorted(keys))}"
        )
    return ",".join(parts[:first]), options


def _typed(key: str, value: Any, kind: Any) -> Any:
    if kind is bool and isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    if isinstance(value, str) and kind in (int, float):
        try:
            return kind(value)
        except ValueError as error:
            raise DataError(f"{key} must be a number: {value!r}") from error
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise DataError(f"{key} must be of type {kind.__name__}: {value!r}")
    return value
