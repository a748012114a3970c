"""Generate the command-line reference, and name files outside `docs/` that pages link to."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

OUTSIDE = re.compile(
    r"\[(?P<words>[^\]]*)\]\((?:\.\./)+(?P<path>(?:packages|examples|notebooks)[^)]*|[A-Z]+\.md)\)"
)
COMMANDS = {
    "reasoning-data": ("build", "inspect", "verify"),
    "reasoning-rewards": ("score", "audit", "probe"),
    "reasoning-train": ("run", "plan", "evaluate", "report", "ask", "doctor"),
    "reasoning-export": (
        "safetensors", "adapter", "orbax", "gguf", "kaggle", "kernel", "verify",
    ),
}  # fmt: skip


def help_text(*command: str) -> str:
    """Return what a command prints for `--help`, 90 columns wide."""
    # The commands are installed beside the Python that builds the site.
    program = str(Path(sys.executable).with_name(command[0]))
    environment = os.environ | {"COLUMNS": "90", "JAX_PLATFORMS": "cpu", "NO_COLOR": "1"}
    done = subprocess.run(
        [program, *command[1:], "--help"],
        env=environment,
        text=True,
        capture_output=True,
        check=True,
    )
    return done.stdout.rstrip()


def cli_reference() -> str:
    """Return the page with the `--help` of every command."""
    parts = ["# Command line\n\nThe `--help` of every command, as the commands print it.\n"]
    for program, subcommands in COMMANDS.items():
        parts.append(f"## {program}\n\n```text\n{help_text(program)}\n```\n")
        parts += [
            f"### {program} {name}\n\n```text\n{help_text(program, name)}\n```\n"
            for name in subcommands
        ]
    return "\n".join(parts)


def on_files(files: Files, config: Any) -> Files:
    """Add the generated page."""
    files.append(File.generated(config, "reference/cli.md", content=cli_reference()))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Name the files that links outside `docs/` lead to: the site does not hold those files."""
    return OUTSIDE.sub(r"\g<words> (`\g<path>` in the repository)", markdown)
