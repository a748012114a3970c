"""Fuzz the whole package with atheris (libFuzzer): nothing may raise, hang or leave its bounds.

atheris is no dependency of this package; it goes into an environment of its own:

    python -m venv .venv && .venv/bin/pip install atheris .
    .venv/bin/python fuzz/fuzz_scoring.py -max_total_time=3600 -max_len=4096 -timeout=10
"""

import sys

import atheris  # type: ignore[import-untyped, import-not-found, unused-ignore]

with atheris.instrument_imports(include=["reasoning_rewards"]):
    from reasoning_rewards import (
        REASONING_ANSWER,
        THINK_BOXED,
        CompositeReward,
        RewardError,
        Schema,
        final_answer,
        parse,
        render,
    )
    from reasoning_rewards.answers import Verdict, compare
    from reasoning_rewards.answers.reading import read

SCHEMAS = (REASONING_ANSWER, THINK_BOXED)
# Fragments that random bytes would hardly find.
FRAGMENTS = (
    "<reasoning>", "</reasoning>", "<think>", "</think>", "<answer>", "</answer>",
    "\\frac{", "\\sqrt{", "\\boxed{",
    "\\text{", "^{", "_{", "\\begin{pmatrix}", "\\end{pmatrix}", "\\left(", "\\pm", "\\cup", "\\le",
    "Confidence: 0.", "not sure", "I guess", "6*7=42. ", "1,000", "1 1/2", "\u00bd", "\u00b2",
    "\u221a", "x+1", "=", " or ", " and ", "%", "$", "1e9", "!", "sin", "log_2", "sqrt", "pi",
)  # fmt: skip


def text(data: atheris.FuzzedDataProvider) -> str:
    """A text of fragments and random characters."""
    pieces: list[str] = []
    for _ in range(data.ConsumeIntInRange(0, 12)):
        if data.ConsumeBool():
            pieces.append(FRAGMENTS[data.ConsumeIntInRange(0, len(FRAGMENTS) - 1)])
        else:
            pieces.append(data.ConsumeUnicode(data.ConsumeIntInRange(0, 24)))
    return "".join(pieces)


def check(raw: bytes) -> None:
    data = atheris.FuzzedDataProvider(raw)
    left, right, reasoning = text(data), text(data), text(data)
    read.cache_clear()
    assert compare(left, right) is compare(right, left), (left, right)
    assert compare(left, left) is not Verdict.UNDECIDED, left
    final_answer(reasoning)
    for schema in SCHEMAS:
        check_schema(schema, left, right, reasoning)


def check_schema(schema: Schema, left: str, right: str, reasoning: str) -> None:
    reward = CompositeReward(schema=schema)
    opening = schema.reasoning_open + reasoning + schema.reasoning_close
    completion = opening + schema.answer_open + left + schema.answer_close
    for candidate in (completion, reasoning):
        score = reward.score(candidate, right, left)
        assert not score.error, (candidate, right, score.error)
        parts = (score.total, score.correctness, score.structure, score.confidence)
        assert all(0.0 <= part <= 1.0 for part in parts), (candidate, right)
    try:
        rendered = render(reasoning, left, schema=schema)
    except RewardError:
        return
    assert parse(rendered, schema=schema).reasoning == reasoning
    assert parse(rendered, schema=schema).answer == left


if __name__ == "__main__":
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
