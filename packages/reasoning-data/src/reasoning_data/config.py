"""Configuration of a build, for programs and as a TOML file."""

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from reasoning_data.checks.cleaning import Cleaning
from reasoning_data.errors import DataError
from reasoning_data.options import Options
from reasoning_data.rendering import STYLES, PromptStyle, get_style
from reasoning_data.sources.files.raw_row import MAX_ROW_BYTES
from reasoning_data.sources.source import Source
from reasoning_data.splitting import DEFAULT_FRACTIONS, check_fractions

OUTPUT = "output"
"""Key of a configuration file for the folder to write; it is not part of the build itself."""


class BuildConfig(Options):
    """Sources and options of a build; everything except the folder to write.

    A source is a specification such as `gsm8k:train.jsonl,weight=0.5`, or a table with the fields
    of `Source`.
    """

    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    """Inputs of the build, mixed by weight within each training split."""
    against: tuple[Source, ...] = ()
    """Evaluation sets; training rows that repeat one of their questions are rejected."""
    style: str = "gemma"
    """Name of the prompt style: gemma, gemma-pt (for pre-trained models) or bare."""
    instructions: str | None = None
    """Text before each question; None for the style's own."""
    confidence: bool = True
    """Ask for a confidence, and end each demonstrated reasoning with one."""
    fractions: Mapping[str, float] = Field(default_factory=lambda: dict(DEFAULT_FRACTIONS))
    """Share of each split, for sources that do not name their split."""
    seed: int = 0
    """Seed of the splits and of the mixture."""
    cleaning: Cleaning = Cleaning()
    """What is checked, and what happens to a row with a finding."""
    tokenizer: str = ""
    """Folder or SentencePiece model that counts tokens; empty for none."""
    format: Literal["parquet", "jsonl"] = "parquet"
    """Format of the data files."""
    messages: bool = True
    """Also write the sft rows as chat messages."""
    workers: Annotated[int, Field(ge=0)] = 1
    """Processes; 0 for one per core. The output does not depend on it."""
    overwrite: bool = False
    """Replace an existing build."""
    strict: bool = False
    """Stop at the first bad row instead of listing it."""
    progress: bool = False
    """Show progress bars on standard error."""
    max_row_bytes: Annotated[int, Field(gt=0)] = MAX_ROW_BYTES
    """Longest row that is read, in bytes."""

    @field_validator("sources", "against")
    @classmethod
    def _different_names(cls, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        name, count = Counter(s.name for s in sources).most_common(1)[0] if sources else ("", 0)
        if count > 1:
            raise ValueError(f"two sources are named {name!r}; name one of them with ,name=OTHER")
        return sources

    @field_validator("style")
    @classmethod
    def _known_style(cls, name: str) -> str:
        if name not in STYLES:
            raise ValueError(f"no prompt style {name!r}; choose one of {', '.join(STYLES)}")
        return name

    @field_validator("fractions")
    @classmethod
    def _whole(cls, fractions: Mapping[str, float]) -> Mapping[str, float]:
        try:
            return check_fractions(fractions)
        except DataError as error:
            raise ValueError(str(error)) from error

    def prompt_style(self) -> PromptStyle:
        """Return the named style with the instructions set here, with or without confidence."""
        style = get_style(self.style, self.confidence)
        return (
            style if self.instructions is None else replace(style, instructions=self.instructions)
        )


def read_config(path: str | Path) -> tuple[dict[str, Any], str]:
    """Read a configuration file.

    Returns:
        The values for `BuildConfig`, not yet validated, and the output folder ('' if not given).

    Raises:
        DataError: The file is missing or is not valid TOML.
    """
    try:
        values = tomllib.loads(Path(path).read_text("utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"no such configuration file: {str(path)!r}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{str(path)!r} is not valid TOML: {error}") from error
    return values, str(values.pop(OUTPUT, ""))
