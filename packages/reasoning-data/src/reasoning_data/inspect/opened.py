"""Access to a finished build whose files were verified."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning_data.errors import DataError
from reasoning_data.inspect.read_build import iter_records, read_examples, read_tasks, split_path
from reasoning_data.inspect.verify import check_build
from reasoning_data.manifest import Manifest, read_manifest
from reasoning_data.problem import Example, Task
from reasoning_data.rendering import PromptStyle


@dataclass(frozen=True, slots=True)
class Build:
    """Finished build.

    Attributes:
        folder: Folder of the build.
        manifest: Manifest of the build.
        style: Prompt style that its rows are rendered in.
    """

    folder: Path
    manifest: Manifest
    style: PromptStyle

    def rows(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a split, or of `messages`, in the order of the file.

        Raises:
            DataError: The build has no such file.
        """
        return iter_records(split_path(self.folder, name))

    def examples(self) -> list[Example]:
        """Read the `sft` split as prompts and completions."""
        return read_examples(self.folder)

    def tasks(self, split: str) -> list[Task]:
        """Read the `grpo` or `eval` split as prompts and golds.

        Raises:
            DataError: `split` is neither of the two.
        """
        return read_tasks(self.folder, split)


def open_build(folder: str | Path) -> Build:
    """Open a finished build after verifying its files against its manifest.

    Raises:
        DataError: The folder is not a build, a file differs from the manifest, or the manifest does
            not say how prompts were rendered.
    """
    check_build(folder)
    manifest = read_manifest(folder)
    try:
        style = PromptStyle(**manifest.config["style"])
    except (KeyError, TypeError) as error:
        detail = f"the manifest of {str(folder)!r} names no prompt style; build again"
        raise DataError(detail) from error
    return Build(Path(folder), manifest, style)
