"""Source of a build as the user specifies it, and the items it yields.

On the command line a source is `KIND:LOCATION[,key=value…]`. In a configuration it is the same text
or a table with the same keys.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from reasoning_data.errors import DataError, Reason, Reject, RowError
from reasoning_data.manifest import SourceEntry
from reasoning_data.options import Options
from reasoning_data.problem import Item
from reasoning_data.sources.convert import Converter, Provenance
from reasoning_data.sources.files.raw_row import RawRow
from reasoning_data.sources.files.reader import read_stdin
from reasoning_data.sources.gym import LICENSE as GYM_LICENSE
from reasoning_data.sources.gym import gym_items
from reasoning_data.sources.kinds import (
    ALL_KINDS,
    ARITHMETIC,
    GSM8K,
    GYM,
    KINDS,
    ROWS,
    UNKNOWN_LICENSE,
    Kind,
)
from reasoning_data.sources.location import (
    is_local,
    is_published_gsm8k,
    raw_rows,
    sha256_of,
)
from reasoning_data.sources.mapped import FieldMap
from reasoning_data.sources.word_problems import generate_arithmetic
from reasoning_data.splitting import Split

TEXT_KEPT = 200
STDIN = "-"
KIND_NAME = re.compile(r"[A-Za-z][\w-]+")
DEFAULT_COUNT = 1000


class Source(Options):
    """Specification of one input of a build."""

    noun: ClassVar[str] = "a source"

    kind: str
    """How its rows are read, a name of `ALL_KINDS`."""
    location: str = ""
    """File, folder, hub id, or `-` for standard input; the generator's name for `gym`."""
    name: str = ""
    """Prefix of the ids of its rows; empty to derive one from the location."""
    weight: Annotated[float, Field(gt=0)] = 1.0
    """Weight in the mixture, relative to the other sources."""
    split: str = ""
    """Split of all its rows, `sft`, `grpo` or `eval`; empty to let the hash decide."""
    limit: Annotated[int, Field(ge=0)] = 0
    """Largest number of rows to read, 0 for all; for a generator, the number to draw."""
    skip: Annotated[int, Field(ge=0)] = 0
    """Number of rows to pass over first."""
    license: str = ""
    """Licence of the rows, for kinds that do not imply one."""
    config: str = ""
    """Configuration of a hub data set."""
    hub_split: str = "train"
    """Split of a hub data set or of a folder."""
    revision: str = ""
    """Commit of a hub data set; required for hub data sets."""
    seed: int = 0
    """Seed of a generator."""
    held_out: bool = False
    """Draw from the held-out side of the arithmetic generator."""
    steps: Annotated[int, Field(ge=0, le=3)] = 2
    """Steps of the arithmetic generator's problems: 2 for two or more, 1 for a single sum or
    difference, 0 for a number that only has to be found in the story, 3 for products of two-digit
    numbers."""
    question: str = "question"
    """Name of the question's field, for the kind `rows`."""
    answer: str = "answer"
    """Name of the answer's field, for the kind `rows`."""
    rationale: str = "rationale"
    """Name of the field with the worked solution, for the kind `rows`."""
    id: str = ""
    """Name of the id's field, for the kind `rows`; empty to number the rows."""
    rubric: str = ""
    """Name of the field with a judge's items for each problem, for the kind `rows`."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, values: Any) -> Any:
        if isinstance(values, str):
            return _spec_values(values, {})
        if isinstance(values, Mapping) and "kind" not in values:
            raise ValueError(f"a source needs a kind: {dict(values)!r}")
        return values

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.kind not in ALL_KINDS:
            raise ValueError(f"no kind of source {self.kind!r}; kinds are {', '.join(ALL_KINDS)}")
        if self.split and self.split not in set(Split):
            raise ValueError(f"no split {self.split!r}; splits are {', '.join(Split)}")
        if self.kind != ARITHMETIC and not self.location:
            raise ValueError(f"the source of kind {self.kind!r} has no location")
        if self.is_hub and not self.revision:
            raise ValueError(
                f"there is no file {self.location!r}; if it is a hub data set, pin the commit with "
                f"{self.location},revision=COMMIT"
            )
        if not self.name:
            object.__setattr__(self, "name", self._default_name())
        return self

    @property
    def is_hub(self) -> bool:
        """Whether the rows come from the hub."""
        return self.kind in KINDS and self.location != STDIN and not is_local(self.location)

    def _default_name(self) -> str:
        if self.kind == ARITHMETIC:
            steps = f"-{self.steps}" if "steps" in self.model_fields_set else ""
            return f"{ARITHMETIC}{steps}{'-held-out' if self.held_out else ''}"
        if self.kind == GYM:
            return f"gym-{self.location}"
        stem = Path(self.location).name.split(".")[0] if self.location != STDIN else "stdin"
        if self.is_hub or Path(self.location).is_dir():
            stem = self.hub_split if self.kind != ROWS else f"{stem}-{self.hub_split}"
        return stem if self.kind == ROWS else f"{self.kind}-{stem}"

    def items(self, *, max_row_bytes: int) -> Iterator[Item | Reject]:
        """Yield the problems of the source, and rejects for rows that cannot be converted.

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
            count = self.skip + (self.limit or DEFAULT_COUNT)
            return islice(gym_items(self.location, count, self.seed, self.name), self.skip, None)
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
        rows = islice(rows, self.skip, self.skip + self.limit if self.limit else None)
        return convert_rows(rows, self._kind(), self.name, max_row_bytes=max_row_bytes)

    def _arithmetic(self) -> Iterator[Item]:
        count = self.skip + (self.limit or DEFAULT_COUNT)
        try:
            problems = generate_arithmetic(
                count, seed=self.seed, held_out=self.held_out, steps=self.steps
            )
        except ValueError as error:
            raise DataError(f"arithmetic: {error}") from error
        items = (Item(p, f"{ARITHMETIC}:{number}") for number, p in enumerate(problems, start=1))
        return islice(items, self.skip, None)

    def _kind(self) -> Kind:
        kind = KINDS[self.kind]
        if self.kind == ROWS:
            fields = FieldMap(self.question, self.answer, self.rationale, self.id, self.rubric)
            kind = dataclasses.replace(kind, convert=fields.convert)
        if self.kind == GSM8K and not is_published_gsm8k(self.location, self.hub_split):
            kind = dataclasses.replace(kind, source="", license=UNKNOWN_LICENSE)
        return dataclasses.replace(
            kind, source=kind.source or self.name, license=self.license or kind.license
        )

    def entry(self, rows: int) -> SourceEntry:
        """Return the manifest entry of the source, from which `rows` rows were read."""
        license = self.license
        if self.kind in KINDS:
            license = self._kind().license
        elif not license:
            license = GYM_LICENSE
        generated = self.kind not in KINDS
        local = not generated and not self.is_hub and self.location != STDIN
        location = self._drawn_from() if generated else self.location
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

    def _drawn_from(self) -> str:
        """Return what a generator's rows follow from, such as `?steps=2&seed=0`."""
        if self.kind == GYM:
            return f"{self.location}?seed={self.seed}"
        side = "&held_out=true" if self.held_out else ""
        return f"?steps={self.steps}&seed={self.seed}{side}"


def convert_rows(
    rows: Iterable[RawRow], kind: Kind, name: str, *, max_row_bytes: int
) -> Iterator[Item | Reject]:
    """Convert raw rows to items; a row that cannot be converted becomes a reject.

    Args:
        rows: The raw rows.
        kind: Kind of source, with the converter.
        name: Prefix of the ids.
        max_row_bytes: Largest number of characters of a problem; lines are limited on reading, but
            not every format has lines.
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
    """Parse `KIND:LOCATION[,key=value...]`; without a kind, the source is of the kind `rows`.

    Args:
        text: The specification.
        defaults: Fields for a source of the kind `rows`.

    Raises:
        DataError: The specification is wrong, or there is no such kind and no file of that name.
    """
    try:
        return Source.parse(_spec_values(text, defaults))
    except ValueError as error:
        raise DataError(str(error)) from error


def _spec_values(text: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Split a specification into the values of a source, as text."""
    kind, colon, rest = text.partition(":")
    if text.partition(",")[0].partition(":")[0] == ARITHMETIC:  # has options only
        kind, options = ARITHMETIC, text.removeprefix(ARITHMETIC)[1:]
        rest = f",{options}" if options else ""
    elif not colon or kind not in ALL_KINDS:
        _check_no_kind(kind if colon else "", text)
        kind, rest = ROWS, text
    location, values = _cut_options(rest)
    given = {**defaults, **values} if kind == ROWS else values
    return {**given, "kind": kind, "location": location}


def _check_no_kind(kind: str, text: str) -> None:
    """Raise if the text begins with something that looks like a kind but is unknown.

    A file may have a colon in its name, and `C:` is a drive.
    """
    if not KIND_NAME.fullmatch(kind) or Path(_cut_options(text)[0]).exists():
        return
    if text.startswith(f"{kind}://"):
        raise ValueError(
            f"{text!r} is an address; download the file, or give a hub id such as owner/name"
        )
    close = get_close_matches(kind.casefold().replace("_", "-"), ALL_KINDS, 1, 0.7)
    hint = f"did you mean {close[0]}:? " if close else ""
    raise ValueError(
        f"no kind of source {kind!r}, and no file {text!r}; {hint}kinds are {', '.join(ALL_KINDS)}"
    )


def _cut_options(text: str) -> tuple[str, dict[str, str]]:
    """Split off the options; a comma in a file name starts an option only before `key=`."""
    parts = text.split(",")
    first = next((i for i, part in enumerate(parts) if i and "=" in part), len(parts))
    return ",".join(parts[:first]), dict(part.partition("=")[::2] for part in parts[first:])
