"""The name of a repository on the Hugging Face Hub."""

import re
from dataclasses import dataclass
from typing import Self

from reasoning_export.errors import ExportError

PART = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
LONGEST = 96
"""Characters of a whole name, owner and slash included."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A model repository, `owner/name`."""

    owner: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `owner/name`.

        Raises:
            ExportError: The Hub would refuse it.
        """
        owner, slash, name = text.partition("/")
        whole = all(map(PART.fullmatch, (owner, name)))
        if not slash or not whole or ".." in text or "--" in text or len(text) > LONGEST:
            raise ExportError(
                f"{text!r} must be OWNER/NAME of letters, digits and single '-', '_' and '.', "
                f"which neither begins nor ends with '-' or '.', {LONGEST} characters at most"
            )
        if name.endswith(".git"):
            raise ExportError(f"{text!r} must not end with '.git'; leave it out")
        return cls(owner, name)

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"
