"""Options of a build."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reasoning_data.builder.writing import FORMATS
from reasoning_data.checks.cleaning import Cleaning
from reasoning_data.checks.token_counter import tokenizer_sha256
from reasoning_data.errors import DataError
from reasoning_data.problem import Problem
from reasoning_data.rendering import PromptStyle, get_style
from reasoning_data.splitting import DEFAULT_FRACTIONS


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """Resolved options of a build.

    Attributes:
        style: Prompt style.
        fractions: Share of each split, for rows whose split the caller did not choose.
        seed: Seed of the split assignment and of the mixture.
        cleaning: What is checked, and what is only reported.
        tokenizer: Path of a tokenizer to count tokens with; empty for none.
        file_format: `parquet` or `jsonl`.
        messages: Also write the `sft` split as chat messages.
        workers: Number of processes; the output does not depend on it.
        overwrite: Replace an existing build.
        strict: Stop at the first row of bad input.
        progress: Show progress bars on standard error.
        against: Named evaluation sets whose questions training rows must not repeat.
    """

    style: PromptStyle = field(default_factory=lambda: get_style("gemma"))
    fractions: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_FRACTIONS))
    seed: int = 0
    cleaning: Cleaning = field(default_factory=Cleaning)
    tokenizer: str = ""
    file_format: str = "parquet"
    messages: bool = True
    workers: int = 1
    overwrite: bool = False
    strict: bool = False
    progress: bool = False
    against: Mapping[str, Sequence[Problem]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.file_format not in FORMATS:
            raise DataError(f"unknown file format {self.file_format!r}; choose parquet or jsonl")
        if self.workers < 1:
            raise DataError(f"workers must be at least 1: {self.workers!r}")
        limits = self.cleaning.max_prompt_tokens or self.cleaning.max_completion_tokens
        if limits and not self.tokenizer:
            raise DataError("a limit in tokens needs a tokenizer; give its path")

    def as_dict(self) -> dict[str, Any]:
        """Return the options that influence the output, as plain values for the manifest."""
        tokenizer = None
        if self.tokenizer:
            name = Path(self.tokenizer).name
            tokenizer = {"name": name, "sha256": tokenizer_sha256(self.tokenizer)}
        return {
            "style": self.style.as_dict(),
            "fractions": dict(self.fractions),
            "seed": self.seed,
            "cleaning": self.cleaning.as_dict(),
            "tokenizer": tokenizer,
            "file_format": self.file_format,
            "messages": self.messages,
            "against": {name: _digest(found) for name, found in sorted(self.against.items())},
        }


def _digest(problems: Sequence[Problem]) -> dict[str, object]:
    """Return the number of questions of an evaluation set and one SHA-256 over all of them."""
    text = json.dumps([problem.question for problem in problems])
    return {"questions": len(problems), "sha256": hashlib.sha256(text.encode()).hexdigest()}
