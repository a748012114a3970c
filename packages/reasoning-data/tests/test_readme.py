import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def test_the_readmes_examples_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), flags=re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, str(README), "exec"), {})
    for folder in ("data", "mixed"):
        assert (tmp_path / folder / "manifest.json").is_file()


def test_the_readme_names_what_is_public():
    import reasoning_data

    listed = README.read_text("utf-8").split("## Public names")[1]
    assert set(re.findall(r"`(\w+)`", listed)) == set(reasoning_data.__all__)
