import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reasoning_train.report.load import load_run
from reasoning_train.report.page import make_report, render
from reasoning_train.report.token_view import MOST_TOKENS, token_view

ROLLOUT: dict[str, Any] = {
    "id": "gsm8k-train:7", "gold": "4", "total": 0.9, "advantage": -0.25,
    "tokens": ["<b>", " 4", "\n"], "logps": [-5.0, -0.5, -0.001],
}  # fmt: skip


def test_probable_tokens_are_lighter() -> None:
    view = token_view({"step": 30, "rollouts": [ROLLOUT]})
    assert view is not None
    [row] = view.rows
    assert [token.shade for token in row.tokens] == [0, 3, 5]
    assert row.title == "gsm8k-train:7: reward 0.900, advantage −0.250"
    assert (row.pushed, row.left_out) == ("down", 0)


def test_long_completions_are_cut() -> None:
    long = {**ROLLOUT, "tokens": ["a"] * 1000, "logps": [-1.0] * 1000}
    view = token_view({"step": 1, "rollouts": [long]})
    assert view is not None
    assert (len(view.rows[0].tokens), view.rows[0].left_out) == (MOST_TOKENS, 1000 - MOST_TOKENS)


@pytest.mark.parametrize(
    "held",
    [
        {},
        {"step": 1, "rollouts": []},
        {"step": 1, "rollouts": [{**ROLLOUT, "logps": [-1.0]}]},
        {"step": 1, "rollouts": [{**ROLLOUT, "logps": ["?"] * 3}]},
        {"step": 1, "rollouts": [{**ROLLOUT, "advantage": None}]},
        {"step": None, "rollouts": [ROLLOUT]},
    ],
)
def test_what_cannot_be_shown_is_left_out(held: dict[str, Any]) -> None:
    assert token_view(held) is None


def test_the_page_shows_tokens_as_text(make_run: Callable[..., Path]) -> None:
    root = make_run("run")
    assert 'id="tokens"' not in render(make_report([load_run(root)]))
    (root / "tokens.json").write_text(json.dumps({"step": 30, "rollouts": [ROLLOUT]}))
    page = render(make_report([load_run(root)]))
    assert '<span class="token t0" title="log-probability -5.00">&lt;b&gt;</span>' in page
    assert "advantage −0.250" in page
