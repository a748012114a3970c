"""The page in headless Chromium, as a reader uses it by mouse and keyboard.

Needs the package `playwright`, and the path of a Chromium in REASONING_CHROMIUM.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reasoning_train.report.write import compare_runs, write_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = os.environ.get("REASONING_CHROMIUM", "")
pytestmark = pytest.mark.skipif(
    not CHROMIUM, reason="set REASONING_CHROMIUM to a Chromium, with playwright installed"
)

Open = Callable[..., "Page"]
ATTACK = (
    "</script><script>document.title='taken'</script><img src=x onerror=document.title='taken'>"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: "Browser") -> Iterator[Open]:
    """Open a page, and check at the end that it had no errors and loaded nothing else."""
    contexts, wrong = [], []

    def open_(path: Path, *, width: int = 1280, scheme: Any = "light", **options: Any) -> "Page":
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text))
        page.on(
            "request",
            lambda request: wrong.append(request.url) if request.url != path.as_uri() else None,
        )
        page.goto(path.as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def page(make_run: Callable[..., Path], open_page: Open) -> "Page":
    return open_page(write_report(make_run()))


def shown(page: "Page") -> int:
    return page.locator("#list li").count()


def chosen(page: "Page") -> str:
    return page.locator("#detail .head strong").inner_text()


def unfold(page: "Page", section: str) -> None:
    page.locator(f"#{section} > details > summary").click()


def press(page: "Page", filter_: str) -> None:
    page.locator(f'#filters [data-filter="{filter_}"]').click()


def test_filters_count_and_choose(page: "Page") -> None:
    assert page.title() == "run · training report"
    assert shown(page) == 12
    counts = {
        button.get_attribute("data-filter"): button.locator(".n").inner_text()
        for button in page.locator("#filters button").all()
    }
    assert counts == {
        "all": "12", "right": "9", "wrong": "3", "gained": "4", "lost": "1", "hacked": "0",
        "format": "0", "cut": "0",
    }  # fmt: skip
    press(page, "lost")
    assert shown(page) == 1
    assert chosen(page) == "Problem 1 of 1"
    sides = page.locator("#detail .side h4").all_inner_texts()
    assert [side.split()[0] for side in sides] == ["Base", "SFT", "GRPO"]
    assert ["right" in side for side in sides] == [False, True, False]
    assert page.locator("#filters [data-filter=hacked]").is_disabled()


def test_another_pair_of_evaluations(page: "Page") -> None:
    page.locator("#at").select_option(label="SFT")
    page.locator("#from").select_option(label="Base")
    press(page, "gained")
    assert shown(page) == 6


def test_search_finds_text_of_completions_and_escape_ends_it(page: "Page") -> None:
    gold = page.locator("#detail code").first.inner_text()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type(f"<answer>{gold}</answer>")
    assert 1 <= shown(page) < 12
    page.keyboard.press("Escape")
    assert shown(page) == 12
    page.keyboard.type("nothing has this text")
    assert shown(page) == 0
    assert "Nothing to show" in page.locator("#detail").inner_text()


def test_all_of_the_browser_by_keyboard(page: "Page") -> None:
    page.locator("#list").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert chosen(page) == "Problem 3 of 12"
    page.keyboard.press("End")
    assert chosen(page) == "Problem 12 of 12"
    active = page.locator("#list").get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").get_attribute("aria-selected") == "true"
    assert page.locator("#list [aria-selected=true]").count() == 1
    page.keyboard.press("k")
    assert chosen(page) == "Problem 11 of 12"
    page.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    assert chosen(page) == "Problem 12 of 12"
    assert page.evaluate("document.activeElement.id") == "list"


def test_rollouts_are_browsed_too(page: "Page") -> None:
    page.get_by_role("button", name="Rollouts of GRPO").click()
    assert shown(page) == 4
    assert chosen(page) == "Step 1, problem 1 of 4"
    assert page.locator("#detail .side").count() == 2
    press(page, "mixed")
    assert shown(page) == 4
    assert page.locator("#against").is_hidden()


def test_a_chart_reads_single_steps_by_keyboard_and_pointer(page: "Page") -> None:
    unfold(page, "all-curves")
    plot = page.locator("#chart-sft-loss .plot")
    plot.focus()
    page.keyboard.press("ArrowRight")
    assert plot.locator("output").inner_text() == "step 1: 2"
    page.keyboard.press("End")
    assert plot.locator("output").inner_text() == "step 6: 0.3333"
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.15, box["y"] + 50)
    assert plot.locator("output").inner_text() == "step 1: 2"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows_and_text_stands_out(
    make_run: Callable[..., Path], open_page: Open, width: int, scheme: str
) -> None:
    page = open_page(write_report(make_run()), width=width, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    contrasts = page.evaluate(CONTRAST)
    assert min(contrasts.values()) >= 4.5, contrasts


def test_what_matters_comes_first(page: "Page") -> None:
    order = page.evaluate("[...document.querySelectorAll('main > section')].map((s) => s.id)")
    assert order[:5] == ["verdict", "warnings", "examples", "curves", "completions"]
    assert page.locator("#completions").evaluate("s => s.offsetTop") < 2500
    assert page.locator("#verdict .says").inner_text().startswith("GRPO was not shown to help")


def test_an_example_leads_to_its_problem(page: "Page") -> None:
    question = page.locator(".example .question").first.inner_text()
    page.locator(".example a").first.click()
    assert page.locator("#detail .question").inner_text() == question
    assert page.evaluate(
        "Math.abs(document.getElementById('completions').getBoundingClientRect().top) < 200"
    )


def test_a_link_brings_back_problem_and_filter(
    make_run: Callable[..., Path], open_page: Open
) -> None:
    path = write_report(make_run())
    page = open_page(path)
    page.locator("#at").select_option(label="SFT")
    page.locator("#from").select_option(label="Base")
    press(page, "gained")
    page.keyboard.press("j")
    question = page.locator("#detail .question").inner_text()
    link = page.locator("#detail .head a").get_attribute("href")
    again = open_page(path)
    again.evaluate("(link) => { location.hash = link; }", link)
    assert chosen(again) == "Problem 2 of 6"
    assert again.locator("#detail .question").inner_text() == question
    assert again.locator("#filters [aria-pressed=true]").get_attribute("data-filter") == "gained"


def test_a_link_to_a_folded_section_opens_it(page: "Page") -> None:
    assert page.locator("#result .results").is_hidden()
    page.locator('nav a[href="#result"]').click()
    assert page.locator("#result .results").is_visible()
    page.evaluate("location.hash = '#data'")
    page.locator("#data table").first.wait_for()


CONTRAST = """() => {  // WCAG 2.2, relative luminance and contrast ratio
  const light = (color) => {
    const parts = color.match(/[0-9.]+/g).slice(0, 3).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const behind = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    const seen = color !== 'rgba(0, 0, 0, 0)' && color !== 'transparent';
    return seen || !element.parentElement ? color : behind(element.parentElement);
  };
  const found = {};
  const texts = 'h1, h2, h3, p, td, th, a, li, summary, figcaption, button, '
    + '.badge, .right, .wrong, .meaning, .n';
  for (const element of document.querySelectorAll(texts)) {
    if (!element.textContent.trim() || !element.getClientRects().length) continue;
    if (element.closest('.hidden, .skip, button:disabled')) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const name = element.tagName + '.' + element.className;
    found[name] = Math.min(found[name] ?? 99, ratio);
  }
  return found;
}"""


def test_a_completion_is_only_ever_text(make_run: Callable[..., Path], open_page: Open) -> None:
    root = make_run()
    path = root / "evaluation" / "grpo.predictions.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    records[0] |= {"completion": ATTACK, "status": ATTACK}
    records[1] |= {"completion": "\u2028" + "x" * 1_000_000 + "the end"}
    records[2] |= {"completion": "\ud800 \x00 \x1b[31m"}
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    page = open_page(write_report(root))
    assert page.title() == "run · training report"
    assert page.locator("#detail pre").nth(2).inner_text() == ATTACK
    assert page.locator("img").count() == 0
    page.keyboard.press("j")
    text = page.locator("#detail pre").nth(2).inner_text()
    assert "characters left out" in text
    assert text.endswith("the end")
    page.keyboard.press("j")
    assert chosen(page) == "Problem 3 of 12"
    assert page.evaluate("document.documentElement.scrollWidth") == 1280


def test_without_scripts_all_but_the_browser_is_there(
    make_run: Callable[..., Path], open_page: Open
) -> None:
    page = open_page(write_report(make_run()), java_script_enabled=False)
    assert page.locator("figure svg path.line").count() == 3  # the reward, and two losses
    assert page.locator("#browser").is_hidden()
    assert page.get_by_text("needs JavaScript").is_visible()


def test_a_watched_page_shows_what_is_new_and_keeps_its_place(
    make_run: Callable[..., Path], open_page: Open
) -> None:
    root = make_run()
    state = (root / "state.json").read_text()
    (root / "state.json").write_text(json.dumps({**json.loads(state), "done": ["data"]}))
    out = root / "report.html"
    compare_runs([root], out, reload_s=1.0)
    page = open_page(out)
    page.locator("#pause").click()  # or a reload falls between two lines of this test
    press(page, "gained")
    page.keyboard.press("j")
    before = chosen(page)
    page.locator("#data details").last.evaluate("d => { d.open = true; }")
    assert "not finished" in page.locator("header").inner_text()
    (root / "state.json").write_text(state)
    compare_runs([root], out)
    page.locator("#pause").click()
    page.get_by_text("finished, 40.0 s").wait_for(timeout=10_000)
    assert chosen(page) == before == "Problem 2 of 4"
    assert page.locator("#filters [aria-pressed=true]").get_attribute("data-filter") == "gained"
    assert page.locator("#data details").last.evaluate("d => d.open")


def test_a_watched_page_can_be_paused_and_keeps_its_scroll(
    make_run: Callable[..., Path], open_page: Open
) -> None:
    root = make_run()
    out = root / "report.html"
    compare_runs([root], out, reload_s=1.0)
    page = open_page(out)
    page.locator("#pause").click()
    page.evaluate("document.body.dataset.seen = 'yes'")
    page.wait_for_timeout(1500)
    assert page.locator("body[data-seen]").count() == 1
    assert page.locator("#pause").inner_text() == "Go on"
    page.evaluate("document.getElementById('pause').click(); scrollTo(0, 700)")
    page.locator("body:not([data-seen])").wait_for(timeout=10_000)
    assert page.evaluate("scrollY") == 700


def test_two_runs_lie_over_each_other(make_run: Callable[..., Path], open_page: Open) -> None:
    first, second = make_run("a"), make_run("b", flags=["--seed", "1"])
    page = open_page(compare_runs([first, second], first / "both.html").path)
    chart = page.locator("#chart-grpo-reward-total")
    assert chart.locator("path.line").count() == 4  # two lines and their keys
    assert chart.locator(".key").all_inner_texts() == ["a", "b"]
    assert page.locator("#differences tbody tr").all_inner_texts() == ["seed\t0\t1"]
    assert page.locator("#detail .side").count() == 6
    assert page.evaluate("document.documentElement.scrollWidth") == 1280


def test_samples_are_browsed_with_their_scores(
    make_run: Callable[..., Path], open_page: Open
) -> None:
    root = make_run()
    path = root / "evaluation" / "grpo.predictions.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for place, record in enumerate(records):
        right = {**record, "correct": True, "completion": f"<answer>{record['gold']}</answer>"}
        wrong = {**record, "correct": False, "correctness": 0.0, "completion": ATTACK}
        record["samples"] = [right] * (place % 4) + [wrong] * (3 - place % 4)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    page = open_page(write_report(root), width=390)
    page.get_by_role("button", name="Samples of GRPO").click()
    assert page.locator("#against").is_hidden()
    counts = {
        button.get_attribute("data-filter"): button.locator(".n").inner_text()
        for button in page.locator("#filters button").all()
    }
    assert {k: counts[k] for k in ("all", "mixed", "right", "wrong", "gained", "lost")} == {
        "all": "12", "mixed": "6", "right": "3", "wrong": "3", "gained": "2", "lost": "7",
    }  # fmt: skip
    press(page, "mixed")
    assert "1 of 3 samples right; their answers:" in page.locator("#detail").inner_text()
    sides = page.locator("#detail .side h4").all_inner_texts()
    assert [side.splitlines()[0] for side in sides] == [
        "greedy",
        "sample 1",
        "sample 2",
        "sample 3",
    ]
    assert page.locator("#detail .side").nth(2).locator("pre").inner_text() == ATTACK
    assert page.locator("#detail .side").nth(1).locator(".scores tr").count() == 4
    page.keyboard.press("j")
    assert chosen(page) == "Problem 2 of 6"
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_several_seeds_on_one_page(
    make_run: Callable[..., Path], open_page: Open, width: int, scheme: str
) -> None:
    roots = [make_run(f"seed-{seed}", flags=["--seed", str(seed)]) for seed in range(3)]
    page = open_page(compare_runs(roots, roots[0] / "all.html").path, width=width, scheme=scheme)
    assert "3 SEEDS OF THE SAME SETTINGS" in page.locator("header").inner_text().upper()
    first = page.locator("#result .sentences li").nth(1).inner_text()
    assert first.startswith("GRPO − SFT over 3 seeds (0, 1, 2): +25.0 points")
    assert page.locator("#result .dots circle.seed").count() == 9
    chart = page.locator("#chart-grpo-reward-total")
    assert chart.locator(".key").all_inner_texts() == ["each seed", "mean of the seeds"]
    chart.locator(".plot").focus()
    page.keyboard.press("ArrowRight")
    assert "seed-2 0.55, mean of the seeds 0.55" in chart.locator("output").inner_text()
    assert [d.get_attribute("class") for d in page.locator("#detail .side").all()].count(
        "side stage-grpo run-a"
    ) == 3
    page.get_by_role("button", name="Held-out problems, seed-1").click()
    sides = page.locator("#detail .side h4").all_inner_texts()
    assert [side.splitlines()[0] for side in sides] == ["seed-1 Base", "seed-1 SFT", "seed-1 GRPO"]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    contrasts = page.evaluate(CONTRAST)
    assert min(contrasts.values()) >= 4.5, contrasts
