"""Draw the packages and their folders, with the imports between them, as Mermaid diagrams.

`python docs/scripts/architecture_diagram.py` rewrites the diagrams in `README.md` and
`docs/architecture.md`; `tests/test_architecture.py` fails while one of them is out of date.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("reasoning_rewards", "reasoning_data", "reasoning_train", "reasoning_export")
PAGES = (ROOT / "README.md", ROOT / "docs" / "architecture.md")
BLOCK = re.compile(r"(<!-- diagram: (\w+) -->\n).*?(<!-- end of diagram -->)", re.DOTALL)

Arrow = tuple[str, str]


def source_folder(package: str) -> Path:
    """Return the folder that holds a package's modules."""
    return ROOT / "packages" / package.replace("_", "-") / "src" / package


def imported_modules(file: Path) -> Iterator[str]:
    """Yield the dotted names that a file imports, wherever the statement stands in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            # `from package import folder` imports a folder, too.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def package_arrows() -> set[Arrow]:
    """Return (importing, imported) for each pair of packages."""
    return {
        (package, name.split(".")[0])
        for package in PACKAGES
        for file in source_folder(package).rglob("*.py")
        for name in imported_modules(file)
        if name.split(".")[0] in PACKAGES and name.split(".")[0] != package
    }


def code_folders(package: str) -> set[str]:
    """Return the names of the folders in a package's root that hold modules."""
    return {file.parent.name for file in source_folder(package).glob("*/__init__.py")}


def folder_arrows(package: str) -> set[Arrow]:
    """Return (importing, imported) for each pair of folders in a package's root.

    Modules that lie in the root itself are left out: nearly every folder imports some of them.
    """
    folders = code_folders(package)
    arrows = set()
    for folder in folders:
        for file in (source_folder(package) / folder).rglob("*.py"):
            for name in imported_modules(file):
                parts = name.split(".")
                if parts[0] == package and len(parts) > 1 and parts[1] in folders - {folder}:
                    arrows.add((folder, parts[1]))
    return arrows


def mermaid(nodes: set[str] | tuple[str, ...], arrows: set[Arrow]) -> str:
    """Return a fenced Mermaid flowchart; an arrow leads from the importing node."""
    lines = ["```mermaid", "flowchart LR"]
    lines += [
        f'    {node}_["{node.replace("reasoning_", "reasoning-")}"]' for node in sorted(nodes)
    ]
    lines += [f"    {start}_ --> {end}_" for start, end in sorted(arrows)]
    return "\n".join([*lines, "```", ""])


def diagram(name: str) -> str:
    """Return the diagram that a page asks for: `packages`, or the name of one package."""
    if name == "packages":
        return mermaid(PACKAGES, package_arrows())
    return mermaid(code_folders(name), folder_arrows(name))


def with_diagrams(text: str) -> str:
    """Return a page with its diagrams drawn from the source as it is now."""
    return BLOCK.sub(lambda match: match[1] + diagram(match[2]) + match[3], text)


def main() -> int:
    """Rewrite the pages."""
    for page in PAGES:
        page.write_text(with_diagrams(page.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
