"""Configuration of a build, for programs and as a TOML file."""

import os
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from reasoning_data.checks.cleaning import Cleaning
from reasoning_data.checks.token_counter import tokenizer_sha256
from reasoning_data.errors import DataError
from reasoning_data.options import Options
from reasoning_data.rendering import STYLES, PromptStyle, get_style
from reasoning_data.sources.files.raw_row import MAX_ROW_BYTES
from reasoning_data.sources.source import Source
from reasoning_data.splitting import DEFAULT_FRACTIONS, Split, check_fractions

OUTPUT = "output"
"""Key of a configuration file for the folder to write; it is not part of the build itself."""


class BuildOptions(Options):
    """Options of a build, wherever its problems come from."""

    style: str | PromptStyle = "gemma"
    """Name of the prompt style: gemma, gemma-pt (for pre-trained models) or bare; or a style."""
    instructions: str | None = None
    """Text before each question; None for the style's own."""
    confidence: bool = True
    """Ask for a confidence, and end each demonstrated reasoning with one."""
    fractions: Mapping[str, float] = Field(default_factory=lambda: dict(DEFAULT_FRACTIONS))
    """Share of each split, for sources that do not name their split."""
    caps: Mapping[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """Most rows of each split; of more, the seed chooses. A split without one keeps all."""
    seed: int = 0
    """Seed of the splits and of the mixture."""
    held_out_seed: int | None = None
    """Seed that decides which rows are held out; None for `seed`. Builds of different seeds that
    share it hold out the same rows."""
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

    @field_validator("style")
    @classmethod
    def _known_style(cls, style: str | PromptStyle) -> str | PromptStyle:
        if isinstance(style, str) and style not in STYLES:
            raise ValueError(f"no prompt style {style!r}; choose one of {', '.join(STYLES)}")
        return style

    @field_validator("caps")
    @classmethod
    def _known_splits(cls, caps: Mapping[str, int]) -> Mapping[str, int]:
        unknown = [name for name in caps if name not in set(Split)]
        if unknown:
            raise ValueError(f"no split {unknown[0]!r}; splits are {', '.join(Split)}")
        return caps

    @field_validator("fractions")
    @classmethod
    def _whole(cls, fractions: Mapping[str, float]) -> Mapping[str, float]:
        try:
            return check_fractions(fractions)
        except DataError as error:
            raise ValueError(str(error)) from error

    @model_validator(mode="after")
    def _limits_can_be_counted(self) -> Self:
        limits = self.cleaning.max_prompt_tokens or self.cleaning.max_completion_tokens
        if limits and not self.tokenizer:
            raise ValueError("a limit in tokens needs a tokenizer; give its path")
        return self

    def prompt_style(self) -> PromptStyle:
        """Return the style with the instructions set here, with or without confidence."""
        style = get_style(self.style, self.confidence)
        if self.instructions is None:
            return style
        return replace(style, instructions=self.instructions)

    @property
    def processes(self) -> int:
        """Number of processes, at least one."""
        return self.workers or os.cpu_count() or 1

    def recorded(self) -> dict[str, Any]:
        """Return the options that influence the output, as plain values for the manifest."""
        tokenizer = None
        if self.tokenizer:
            name = Path(self.tokenizer).name
            tokenizer = {"name": name, "sha256": tokenizer_sha256(self.tokenizer)}
        return {
            "style": self.prompt_style().as_dict(),
            "fractions": dict(self.fractions),
            "caps": dict(self.caps),
            "seed": self.seed,
            "held_out_seed": self.held_out_seed,
            "cleaning": self.cleaning.as_dict(),
            "tokenizer": tokenizer,
            "file_format": self.format,
            "messages": self.messages,
        }


class BuildConfig(BuildOptions):
    """Sources and options of a build; everything except the folder to write.

    A source is a specification such as `gsm8k:train.jsonl,weight=0.5`, or a table with the fields
    of `Source`.
    """

    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    """Inputs of the build, mixed by weight within each training split."""
    against: tuple[Source, ...] = ()
    """Evaluation sets; training rows that repeat one of their questions are rejected."""
    max_row_bytes: Annotated[int, Field(gt=0)] = MAX_ROW_BYTES
    """Longest row that is read, in bytes."""

    @field_validator("sources", "against")
    @classmethod
    def _different_names(cls, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        name, count = Counter(s.name for s in sources).most_common(1)[0] if sources else ("", 0)
        if count > 1:
            raise ValueError(f"two sources are named {name!r}; name one of them with ,name=OTHER")
        return sources


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
