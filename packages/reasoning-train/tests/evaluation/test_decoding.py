"""Batches, noise, cutting and going on, with a decoder that answers by rule.

The real generator is behind `tests/commands/test_evaluate.py`.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import jax
import numpy as np
import pytest

from reasoning_data import Task
from reasoning_rewards import CompositeReward
from reasoning_train.engine.generation import Completions
from reasoning_train.errors import UserError
from reasoning_train.evaluation.decoding import Decoding, decode
from reasoning_train.evaluation.prediction import Prediction
from reasoning_train.models.tokenizer import Tokenizer


@dataclass
class Ruled:
    """Answers with a digest of prompt and key; breaks at call number `breaks_at`."""

    tokenizer: Tokenizer
    says: str = ""
    breaks_at: int = 0
    calls: list[list[str]] = field(default_factory=list)
    noises: list[str] = field(default_factory=list)

    def greedy(self, prompts: Sequence[str]) -> Completions:
        return self._answer(prompts, "greedy")

    def sample(self, prompts: Sequence[str], *, seed: jax.Array, temperature: float) -> Completions:
        return self._answer(prompts, f"{np.asarray(seed).tolist()} {temperature}")

    def _answer(self, prompts: Sequence[str], noise: str) -> Completions:
        self.calls.append(list(prompts))
        self.noises.append(noise)
        if len(self.calls) == self.breaks_at:
            raise KeyboardInterrupt
        texts = [
            self.says or hashlib.sha256(f"{prompt} {noise}".encode()).hexdigest()[:8]
            for prompt in prompts
        ]
        ids = [self.tokenizer.encode_completion(text) for text in texts]
        return Completions(
            [self.tokenizer.decode(row[:-1]) for row in ids],
            [np.asarray(row) for row in ids],
            [True] * len(texts),
            np.zeros((len(texts), 1)),
        )


@pytest.fixture
def partial(tmp_path: Path) -> Path:
    return tmp_path / "evaluation" / "x.partial"


def run(
    decoder: Ruled,
    tasks: list[Task],
    partial: Path,
    identity: object = "a",
    replace: bool = False,
    fits: Callable[[float], bool] = lambda seconds: True,
    **settings: object,
) -> list[Prediction]:
    return decode(
        tasks,
        [t.prompt for t in tasks],
        decoder,
        CompositeReward(),
        Decoding(**{"batch_size": 4, "samples": 2, **settings}),  # type: ignore[arg-type]
        partial=partial,
        identity={"of": identity},
        on_batch=lambda done: None,
        replace=replace,
        fits=fits,
    )


def test_every_problem_is_answered_in_order(
    tokenizer: Tokenizer, tasks: list[Task], partial: Path
) -> None:
    decoder = Ruled(tokenizer)
    predictions = run(decoder, tasks, partial)
    assert [p.id for p in predictions] == [t.id for t in tasks]
    assert [p.prompt for p in predictions] == [t.prompt for t in tasks]
    assert {len(call) for call in decoder.calls} == {4}  # the last batch is filled up
    assert all(len({p.completion, *(s.completion for s in p.samples)}) == 3 for p in predictions)
    assert all(p.completion_tokens for p in predictions)


def test_every_draw_has_its_own_noise(
    tokenizer: Tokenizer, tasks: list[Task], partial: Path
) -> None:
    decoder = Ruled(tokenizer)
    run(decoder, tasks, partial, temperature=0.5)
    drawn = [noise for noise in decoder.noises if noise != "greedy"]
    assert len(drawn) == 6
    assert len(set(drawn)) == 2  # and within a draw each prompt has its own, from the decoder
    assert all(noise.endswith(" 0.5") for noise in drawn)


def test_batches_are_of_like_length(tokenizer: Tokenizer, tasks: list[Task], partial: Path) -> None:
    decoder = Ruled(tokenizer)
    run(decoder, tasks, partial, samples=0)
    spans = sorted(
        (min(lengths), max(lengths))
        for call in decoder.calls
        if (lengths := [len(tokenizer.encode_prompt(p)) for p in call])
    )
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


@pytest.mark.parametrize("breaks_at", range(1, 10))
def test_an_interrupted_run_goes_on_to_the_same_answers(
    tokenizer: Tokenizer, tasks: list[Task], partial: Path, tmp_path: Path, breaks_at: int
) -> None:
    whole = run(Ruled(tokenizer), tasks, tmp_path / "whole.partial")
    with pytest.raises(KeyboardInterrupt):
        run(Ruled(tokenizer, breaks_at=breaks_at), tasks, partial)
    after = Ruled(tokenizer)
    assert run(after, tasks, partial) == whole
    assert len(after.calls) == 9 - 3 * ((breaks_at - 1) // 3)  # finished batches are not repeated


@pytest.mark.parametrize("cut", [1, 40, 400])
def test_a_file_cut_anywhere_is_taken_up(
    tokenizer: Tokenizer, tasks: list[Task], partial: Path, cut: int
) -> None:
    whole = run(Ruled(tokenizer), tasks, partial)
    partial.write_bytes(partial.read_bytes()[:-cut])
    assert run(Ruled(tokenizer), tasks, partial) == whole
    partial.write_bytes(partial.read_bytes()[:5])  # within the first line
    assert run(Ruled(tokenizer), tasks, partial) == whole
    lines = partial.read_text().splitlines()
    assert {json.loads(line)["id"] for line in lines[1:]} == {t.id for t in tasks}


def test_the_rest_of_another_evaluation_is_refused(
    tokenizer: Tokenizer, tasks: list[Task], partial: Path
) -> None:
    run(Ruled(tokenizer), tasks, partial, "a")
    before = partial.read_bytes()
    with pytest.raises(UserError, match=r"x\.partial' is the beginning of another evaluation"):
        run(Ruled(tokenizer), tasks, partial, "b")
    assert partial.read_bytes() == before


def test_the_rest_of_another_evaluation_is_replaced_where_that_is_wanted(
    tokenizer: Tokenizer, tasks: list[Task], partial: Path, tmp_path: Path
) -> None:
    run(Ruled(tokenizer, says="another policy's"), tasks, partial, "a")
    whole = run(Ruled(tokenizer), tasks, tmp_path / "whole.partial", "b")
    assert run(Ruled(tokenizer), tasks, partial, "b", replace=True) == whole


def test_without_time_for_another_batch_it_ends_and_goes_on_later(
    tokenizer: Tokenizer, tasks: list[Task], partial: Path, tmp_path: Path
) -> None:
    told: list[float] = []

    def fits(seconds: float) -> bool:
        told.append(seconds)
        return len(told) < 2

    whole = run(Ruled(tokenizer), tasks, tmp_path / "whole.partial")
    first = Ruled(tokenizer)
    some = run(first, tasks, partial, fits=fits)
    assert len(first.calls) == 2 * 3
    assert [p for p in whole if p in some] == some
    assert 0 < len(some) < len(whole)
    assert all(seconds > 0 for seconds in told)
    assert run(Ruled(tokenizer), tasks, partial) == whole


def test_another_sampling_seed_draws_others(
    tokenizer: Tokenizer, tasks: list[Task], tmp_path: Path
) -> None:
    one = run(Ruled(tokenizer), tasks, tmp_path / "1")
    other = run(Ruled(tokenizer), tasks, tmp_path / "2", sampling_seed=1)
    assert [p.completion for p in one] == [p.completion for p in other]
    assert all(a.samples != b.samples for a, b in zip(one, other, strict=True))


def test_a_completion_ends_where_the_next_question_begins(
    tokenizer: Tokenizer, tasks: list[Task], tmp_path: Path
) -> None:
    says = "7+7=14. #### 14\n\nQuestion: next? #### 15"
    (cut, *_) = run(Ruled(tokenizer, says), tasks, tmp_path / "1", stop="Question:")
    assert cut.completion.endswith("14")
    assert cut.completion_tokens is not None
    (kept, *_) = run(Ruled(tokenizer, says), tasks, tmp_path / "2")
    assert "next?" in kept.completion
    assert kept.completion_tokens is not None
    assert cut.completion_tokens < kept.completion_tokens


def test_an_end_of_text_token_ends_a_plain_completion(
    tokenizer: Tokenizer, tasks: list[Task], tmp_path: Path
) -> None:
    class EndOfText(Ruled):
        def _answer(self, prompts: Sequence[str], noise: str) -> Completions:
            ids = [*tokenizer.processor.encode("14"), tokenizer.eos_id]
            ids += tokenizer.processor.encode(" 15")
            rows = [np.asarray(ids)] * len(prompts)
            return Completions(
                [tokenizer.decode(ids)] * len(prompts), rows, [False] * len(prompts), rows[0]
            )

    (cut, *_) = run(EndOfText(tokenizer), tasks, tmp_path / "1", stop="Question:")
    assert (cut.completion, cut.finished) == ("14", True)
    (kept, *_) = run(EndOfText(tokenizer), tasks, tmp_path / "2")
    assert kept.completion.endswith("15")
    assert not kept.finished
