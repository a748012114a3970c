"""`docs/architecture.md` names every folder of every package, and its diagrams are up to date."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs" / "scripts"))

from architecture_diagram import (  # noqa: E402
    BLOCK,
    PACKAGES,
    PAGES,
    code_folders,
    folder_arrows,
    source_folder,
    with_diagrams,
)

NAMED = re.compile(r"^\| `(reasoning_\w+/[\w/.-]*)` \|", re.MULTILINE)


def folders_on_disk() -> set[str]:
    """Return each folder below `src` that holds a file, as `package/folder/`."""
    return {
        f"{file.parent.relative_to(source_folder(package).parent).as_posix()}/"
        for package in PACKAGES
        for file in source_folder(package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def named_folders(text: str) -> set[str]:
    return set(NAMED.findall(text))


def test_the_page_names_every_folder_and_no_other() -> None:
    named = named_folders((ROOT / "docs/architecture.md").read_text(encoding="utf-8"))
    assert sorted(folders_on_disk() - named) == [], "add a row for each to docs/architecture.md"
    assert sorted(named - folders_on_disk()) == [], "docs/architecture.md names them; remove them"


def test_rows_of_the_tables_are_found() -> None:
    text = "| `reasoning_data/checks/` | rows |\n| `reasoning-data` | not a folder |\n"
    assert named_folders(text) == {"reasoning_data/checks/"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_diagrams_are_up_to_date(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert BLOCK.search(text)
    assert with_diagrams(text) == text, "run python docs/scripts/architecture_diagram.py"


def test_arrows_are_read_from_the_source() -> None:
    assert ("stages", "engine") in folder_arrows("reasoning_train")
    assert "engine" in code_folders("reasoning_train")
    assert not any(start == end for start, end in folder_arrows("reasoning_train"))
