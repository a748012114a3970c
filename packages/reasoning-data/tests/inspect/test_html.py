import dataclasses
from html.parser import HTMLParser

from reasoning_data import prepare_training_data
from reasoning_data.inspect.html import render_page
from reasoning_data.inspect.preview import preview


class Reader(HTMLParser):
    """Collects the text by class of span, and every address the page would fetch."""

    def __init__(self):
        super().__init__()
        self.open, self.texts, self.addresses = [], {}, []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.addresses += [found[name] for name in ("src", "href") if name in found]
        if tag == "span":
            self.open.append(found["class"])

    def handle_endtag(self, tag):
        if tag == "span":
            self.open.pop()

    def handle_data(self, data):
        if self.open:
            self.texts[self.open[-1][0]] = self.texts.get(self.open[-1][0], "") + data


def test_the_page_shows_the_text_by_its_loss_and_fetches_nothing(problem, tmp_path):
    row = problem(1, question="Is 1 < 2 & <b>bold</b> 2 > 1? Add 3 and 8.")
    prepare_training_data({"sft": [row]}, tmp_path / "out")
    view = preview(tmp_path / "out")
    reader = Reader()
    page = render_page(dataclasses.replace(view, folder="<i>"))
    reader.feed(page)
    assert reader.addresses == []
    assert "http" not in page
    assert "<b>bold" not in page
    assert "<title>&lt;i&gt; / sft" in page
    assert row.question in reader.texts["p"]
    assert "<answer>11</answer><end_of_turn>" in reader.texts["c"]
    assert page.count('class="bar"') == 2
