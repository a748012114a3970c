import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reasoning_train.config.judge_schema import JudgeSection
from reasoning_train.report.load import RunView, load_run
from reasoning_train.report.page import MOST_BYTES, make_report, render, render_within

VOID = {"meta", "link", "br", "input", "path", "rect", "circle", "img", "hr"}
UNICODE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u2028"
ATTACK = UNICODE + "\ud800"
"""A lone surrogate, which JSON can hold but Parquet cannot."""


class Outline(HTMLParser):
    """Parser that collects headings and ids, and checks that every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.urls: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        held = dict(attrs)
        self.ids += [held["id"] or ""] if "id" in held else []
        self.urls += [held[name] or "" for name in ("src", "href", "action") if name in held]
        assert "style" not in held
        assert not [name for name in held if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page_of(*runs: RunView) -> str:
    return render(make_report(runs))


def without_scripts(page: str) -> str:
    return re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.S)


def test_the_page_is_whole_and_loads_nothing(run: RunView) -> None:
    page = page_of(run)
    outline = Outline(page)
    assert [url for url in outline.urls if not url.startswith("#")] == []
    # Among the settings stands the judge's endpoint, as text.
    assert "://" not in without_scripts(page).replace(JudgeSection().base_url, "")
    assert len(set(outline.ids)) == len(outline.ids)
    targets = {url[1:] for url in outline.urls if "=" not in url}  # those go to a problem
    assert targets <= set(outline.ids)
    assert outline.tags.count("script") == 2


def test_only_the_pages_own_script_and_style_may_run(run: RunView) -> None:
    page = page_of(run)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    for tag in ("script", "style"):
        text = re.findall(rf"<{tag}>(.*?)</{tag}>", page, flags=re.S)
        assert len(text) == 1
        digest = base64.b64encode(hashlib.sha256(text[0].encode()).digest()).decode()
        assert f"{tag}-src &#39;sha256-{digest}&#39;" in policy[1].replace("'", "&#39;")
    assert "default-src &#39;none&#39;" in policy[1].replace("'", "&#39;")


def test_what_the_page_says(run: RunView) -> None:
    page = page_of(run)
    for part in (
        "Only 12 held-out problems",
        "GRPO was not shown to help or harm: 4 problems newly right, 1 newly wrong (50.0 → 75.0 %",
        "n = 12 could not have shown less than 50.0 points.",
        "Newly right with GRPO",
        "The same at every step: ",
        "SFT − Base: +50.0 points, 95 % CI",
        "GRPO − SFT: +25.0 points",
        "4 steps of ",
        "Reward, mean total",
        "Accuracy over stated confidence",
        "12 of 12 problems",
        "the first group of 4 of 4 steps, of 8 rollouts",
        run.held_out.sha256,
        "No budget was set",
    ):
        assert part in page, part
    assert 'data-reload="0"' in page


def test_a_loss_is_marked_and_an_empty_completion_is_said(make_run: Callable[..., Path]) -> None:
    root = make_run(outcomes={"sft": [True] * 12, "grpo": [False] * 10 + [True] * 2})
    for path in (root / "rollouts").iterdir():
        records = pq.read_table(path).to_pylist()
        hacked = [{**r, "correctness": 1.0, "completion": ""} for r in records] * 30
        pq.write_table(pa.Table.from_pylist(hacked), path)
    page = page_of(load_run(root))
    assert '<li class="certain worse">GRPO − SFT: −83.3 points' in page
    assert "<p>(an empty completion)</p>" in page


def test_untrusted_text_stays_text(make_run: Callable[..., Path]) -> None:
    root = make_run(ATTACK[:20].replace("/", ""))

    def attacked(records: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
        hacked = {"correct": True, "correctness": 1.0, "status": text}
        texts = {"completion": text, "gold": text}
        return [{**r, **hacked, **texts, "id": r["id"] + text} for r in records] * 30

    for path in (root / "rollouts").iterdir():
        records = attacked(pq.read_table(path).to_pylist(), UNICODE)
        pq.write_table(pa.Table.from_pylist(records), path)
    for path in (root / "evaluation").glob("*.jsonl"):
        records = attacked([json.loads(line) for line in path.read_text().splitlines()], ATTACK)
        path.write_text("".join(json.dumps(r) + "\n" for r in records))
    summary = root / "evaluation" / "sft.json"
    summary.write_text(json.dumps({"n": 12, "decoding": ATTACK, "seed": ATTACK}))
    state = json.loads((root / "state.json").read_text())
    (root / "state.json").write_text(json.dumps({**state, "done": [ATTACK]}))
    (root / "manifest.json").write_text(
        json.dumps({"git_commit": ATTACK, "packages": {ATTACK: ATTACK}})
    )
    line = {"step": 9, "stage": ATTACK, "elapsed_s": 99, "values": {ATTACK: 1.0}}
    with (root / "metrics.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    (root / "plan.json").write_text(json.dumps({"topology": ATTACK, "functions": {ATTACK: 1}}))
    page = page_of(load_run(root))
    outline = Outline(page)
    assert outline.tags.count("script") == 2
    assert "img" not in outline.tags
    assert "alert(1)" in page
    page.encode()


def test_an_unfinished_run_shows_what_is_there(make_run: Callable[..., Path]) -> None:
    root = make_run()
    for path in (root / "evaluation").glob("grpo*"):
        path.unlink()
    (root / "state.json").write_text('{"done": ["data", "base", "sft", "sft-evaluation"]}')
    page = page_of(load_run(root))
    Outline(page)
    assert "This run is not finished" in page
    assert "SFT − Base" in page
    assert "GRPO − SFT" not in page


def test_a_run_that_has_only_begun_is_a_page(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("seed = 3\n")
    page = page_of(load_run(tmp_path))
    Outline(page)
    for part in ("No evaluation yet", "No training step has been logged", "No completion yet"):
        assert part in page


def test_two_runs_are_compared(make_run: Callable[..., Path]) -> None:
    first, second = load_run(make_run("a")), load_run(make_run("b", flags=["--seed", "1"]))
    report = make_report([first, second])
    sentences = [pair.sentence for pair in report.pairs if pair.measure == "strict"]
    assert [s.split(":")[0] for s in sentences] == [
        "b Base − a Base", "b SFT − a SFT", "b GRPO − a GRPO",
        "a SFT − a Base", "a GRPO − a SFT", "a GRPO − a Base",
        "b SFT − b Base", "b GRPO − b SFT", "b GRPO − b Base",
    ]  # fmt: skip
    assert report.differences == (("seed", "0", "1"),)
    assert len(report.panels[0].columns) == 6
    assert [panel.title for panel in report.panels[1:]] == [
        "Rollouts of GRPO, a", "Rollouts of GRPO, b"
    ]  # fmt: skip
    page = render(report)
    outline = Outline(page)
    assert len(set(outline.ids)) == len(outline.ids)
    assert "a vs. b" in page


def test_several_seeds_are_one_result(make_run: Callable[..., Path]) -> None:
    runs = [load_run(make_run(f"seed-{s}", flags=["--seed", f"{s}"])) for s in range(3)]
    report = make_report(runs)
    page = render(report)
    outline = Outline(page)
    assert len(set(outline.ids)) == len(outline.ids)
    for part in (
        "3 seeds of the same settings",
        "seed-0 … seed-2",
        "GRPO − SFT over 3 seeds (0, 1, 2): +25.0 points, 95 % CI",
        "Means over the seeds",
        '<span class="interval">the same in all seeds</span>',
        "0: +25.0, 1: +25.0, 2: +25.0",
        "each seed</span>",
    ):
        assert part in page, part
    assert [panel.title for panel in report.panels] == [
        "Last evaluation of each run",
        *(f"Held-out problems, seed-{s}" for s in range(3)),
        *(f"Rollouts of GRPO, seed-{s}" for s in range(3)),
    ]
    assert [label for label, _ in report.panels[0].columns] == [f"seed-{s} GRPO" for s in range(3)]
    assert len(report.diagrams) == 3
    (dots,) = report.dots
    assert [len(dot.seeds) for dot in dots.dots] == [3, 3, 3]


def test_groups_of_seeds_and_a_single_run(make_run: Callable[..., Path]) -> None:
    flags = {"hot": [], "cold": ["--grpo.temperature", "0.7"]}
    runs = [
        load_run(make_run(f"{name}-{seed}", flags=["--seed", f"{seed}", *more]))
        for name, more in flags.items()
        for seed in (0, 1)
    ]
    alone = load_run(make_run("alone", flags=["--grpo.temperature", "0.5"]))
    report = make_report([*runs, alone])
    page = render(report)
    assert len(set(Outline(page).ids)) == len(Outline(page).ids)
    assert "5 training runs compared" in page
    assert (
        "GRPO of B (grpo.temperature 0.7) − GRPO of A (grpo.temperature 1.0) over 2 seeds" in page
    )
    assert [dots.of for dots in report.dots] == [
        "A (grpo.temperature 1.0)", "B (grpo.temperature 0.7)", ""
    ]  # fmt: skip
    assert [dot.label for dot in report.dots[2].dots] == ["alone Base", "alone SFT", "alone GRPO"]


def test_runs_with_other_problems_are_not_paired_and_the_rest_is_shown(
    make_run: Callable[..., Path],
) -> None:
    first, second = load_run(make_run("a")), load_run(make_run("b"))
    rows = tuple(replace(row, id=f"other-{row.id}") for row in second.evaluations[2].rows)
    grpo = replace(second.evaluations[2], rows=rows)
    second = replace(second, evaluations=(*second.evaluations[:2], grpo))
    page = page_of(first, second)
    assert "b GRPO − a GRPO: not tested. They are on different problems: 12 of" in page
    assert "b SFT − a SFT: +0.0 points" in page


@pytest.mark.parametrize("long_texts", [True, False])
def test_a_large_run_stays_a_small_page(run: RunView, long_texts: bool) -> None:
    row = run.evaluations[0].rows[0]
    many = 60 if long_texts else 6_000
    text = "<b>ж\u2028" * (200_000 if long_texts else 100)
    rows = tuple(replace(row, id=f"{i}", completion=text, gold=text) for i in range(many))
    evaluations = tuple(replace(e, rows=rows) for e in run.evaluations)
    steps = tuple(replace(run.rollouts[0], step=i, group=rows[:16]) for i in range(300))
    report, page = render_within([replace(run, evaluations=evaluations, rollouts=steps)])
    assert len(page.encode()) < MOST_BYTES
    assert 10 < len(report.panels[0].items) <= many
    assert f"{len(report.panels[0].items)} of {many} problems" in page


def test_a_page_that_is_watched_loads_itself_again(run: RunView) -> None:
    page = render(make_report([run]), reload_s=2.5)
    assert 'data-reload="2500"' in page
    assert "every 2.5 s" in page
