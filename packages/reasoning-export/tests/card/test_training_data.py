"""The card names the data that a run was trained on, whatever it was."""

import json

import pytest

from reasoning_export import ExportError, Run
from reasoning_export.card.card import write_card
from reasoning_export.card.provenance import Kind

FILE = {"name": "mine", "location": "mine/rows", "revision": "", "license": "", "rows": 7}
HUB = {
    "name": "owner/set",
    "location": "owner/set",
    "revision": "c" * 40,
    "license": "MIT",
    "rows": 9,
}


def card(golden, folder, sources):
    (golden.run / "data").mkdir(exist_ok=True)
    (golden.run / "data/manifest.json").write_text(json.dumps({"sources": sources}))
    write_card(folder, Run.open(golden.run), Kind.ADAPTER)
    return (folder / "README.md").read_text()


def test_sources_are_named_and_those_of_the_hub_listed(make_golden, tmp_path):
    text = card(make_golden(), tmp_path, [FILE, HUB])
    assert "problems from mine (7 rows, unknown); owner/set (9 rows, MIT)" in text
    assert 'datasets: ["owner/set"]' in text.split("---")[1]
    assert "metrics" not in text.split("---")[1]


def test_what_is_not_on_record_is_said(make_golden, tmp_path):
    golden = make_golden()
    (golden.run / "evaluation").mkdir()
    (golden.run / "evaluation/grpo.json").write_text('{"n": 3}')
    write_card(tmp_path, Run.open(golden.run), Kind.ADAPTER)
    text = (tmp_path / "README.md").read_text()
    assert "The training data is not recorded" in text
    assert "metrics: [accuracy]" in text
    assert "datasets:" not in text


@pytest.mark.parametrize(
    "sources", [5, [5], [{"name": "a\nb", "rows": 1}], [{"name": "a", "rows": "many"}]]
)
def test_a_manifest_that_is_none_is_refused(make_golden, tmp_path, sources):
    with pytest.raises(ExportError, match=r"data/manifest\.json"):
        card(make_golden(), tmp_path, sources)
