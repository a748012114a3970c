"""The documentation's snippets run, its quoted messages exist, and its links lead somewhere."""

import ast
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = ("tutorial.md", "recipes.md", "concepts.md", "your-data.md", "your-rubric.md")
SNIPPET = re.compile(
    r"<!-- run(?P<slow>: slow)? -->\n```(?P<language>bash|python)\n(?P<code>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
QUOTED = re.compile(r"^```text\n(.*?)\n```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")
SLOW = bool(os.environ.get("REASONING_SLOW_SNIPPETS"))
PUBLIC = ("reasoning_rewards", "reasoning_data", "reasoning_train", "reasoning_export")
GENERATED = DOCS / "reference" / "cli.md"


def snippets(text: str, slow: bool) -> list[tuple[str, str]]:
    """Return (language, code) of each snippet marked to be run, slow ones only if asked for."""
    return [
        (match["language"], match["code"])
        for match in SNIPPET.finditer(text)
        if slow or not match["slow"]
    ]


def execute(language: str, code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a snippet in a folder with the commands of this environment."""
    program = [sys.executable, "-c"] if language == "python" else ["bash", "-euo", "pipefail", "-c"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "JAX_PLATFORMS": "cpu"}
    return subprocess.run(
        [*program, code], cwd=folder, env=environment, text=True, capture_output=True, check=False
    )


@pytest.mark.parametrize("page", PAGES)
def test_snippets_run(page: str, tmp_path: Path) -> None:
    found = snippets((DOCS / page).read_text(encoding="utf-8"), SLOW)
    assert len(found) >= 2
    for language, code in found:
        done = execute(language, code, tmp_path)
        assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"


def test_a_snippet_that_fails_is_noticed(tmp_path: Path) -> None:
    page = "<!-- run -->\n```bash\nfalse | cat\n```\n<!-- run: slow -->\n```bash\ntrue\n```\n"
    assert [execute(*found, tmp_path).returncode for found in snippets(page, slow=False)] == [1]
    assert len(snippets(page, slow=True)) == 2


def message_templates() -> set[str]:
    """Return each text in the source, with `…` for the values that are put into it."""
    templates = set()
    for file in ROOT.glob("packages/*/src/**/*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (p.value if isinstance(p, ast.Constant) else "…" for p in node.values)
                templates.add("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                templates.add(node.value)
    return templates


def test_quoted_messages_exist_in_the_source() -> None:
    quoted = QUOTED.findall((DOCS / "troubleshooting.md").read_text(encoding="utf-8"))
    assert len(quoted) >= 20
    templates = message_templates()
    gone = [text for text in quoted if not any(text in template for template in templates)]
    assert gone == []


def test_links_lead_to_files() -> None:
    pages = [*DOCS.rglob("*.md"), *ROOT.glob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists() and (page.parent / target).resolve() != GENERATED
    ]
    assert broken == []


@pytest.mark.parametrize("package", PUBLIC)
def test_the_python_reference_names_every_public_object(package: str) -> None:
    text = (DOCS / "reference" / "api.md").read_text(encoding="utf-8")
    listed = set(re.findall(rf"^::: {package}\.(\w+)$", text, re.MULTILINE))
    assert listed == set(importlib.import_module(package).__all__)


def test_the_readme_is_short_and_has_its_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 120
    assert "pip install uv && uv run reasoning-train run\n" in text
    assert "pip install uv && uv run nox\n" in text
