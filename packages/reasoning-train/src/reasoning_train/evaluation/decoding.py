"""Let the model answer every problem, in batches of like length, and keep each batch on disk.

What is done stands in a `.partial` file beside the final one: its first line says what was asked of
which model, the others are predictions. The same command goes on from there, and the answers are
those of an uninterrupted run, because batches and noise follow from the problems alone. Batches are
taken in a shuffled order: a running accuracy over the short problems first would look too good.
"""

import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import jax

from reasoning_data import Task
from reasoning_train.durable import append
from reasoning_train.engine.generation import Completions
from reasoning_train.errors import UserError
from reasoning_train.evaluation.prediction import (
    Prediction,
    from_line,
    predict,
    score_sample,
    to_line,
)
from reasoning_train.models.tokenizer import Tokenizer
from reasoning_train.reward.schedule import Scorer


class Decoder(Protocol):
    """What is asked of `engine.generation.Generator`."""

    tokenizer: Tokenizer

    def greedy(self, prompts: Sequence[str]) -> Completions:
        """The most probable completion of each prompt."""

    def sample(self, prompts: Sequence[str], *, seed: jax.Array, temperature: float) -> Completions:
        """One drawn completion of each prompt."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """How completions are made.

    Attributes:
        batch_size: Problems decoded together.
        samples: Completions drawn per problem beside the greedy one.
        temperature: Of the samples.
        sampling_seed: Of the samples' noise.
        stop: Text at which a completion ends, beside the stop token; then an end-of-text token
            ends it too. None leaves completions as GRPO's rollouts see them.
    """

    batch_size: int
    samples: int = 0
    temperature: float = 1.0
    sampling_seed: int = 0
    stop: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A completion as it is scored."""

    text: str
    finished: bool
    tokens: int


def decode(
    tasks: Sequence[Task],
    prompts: Sequence[str],
    decoder: Decoder,
    reward: Scorer,
    decoding: Decoding,
    *,
    partial: Path,
    identity: Mapping[str, object],
    on_batch: Callable[[list[Prediction]], None],
    replace: bool = False,
    fits: Callable[[float], bool] = lambda seconds: True,
) -> list[Prediction]:
    """Predictions in the order of the problems, of all that there was time for.

    Args:
        tasks: The problems.
        prompts: What the model is shown for each.
        decoder: The model.
        reward: Scores each completion.
        decoding: How.
        partial: Where finished batches are kept; left in place for the caller to remove.
        identity: What was asked of which model; a partial file of another is refused.
        on_batch: Told all predictions so far after every batch.
        replace: Begin anew where `partial` belongs to another evaluation.
        fits: Whether there is time for another batch, which is expected to take so many seconds;
            the first is always answered.

    Raises:
        UserError: `partial` belongs to another evaluation, and may not be replaced.
    """
    size = min(decoding.batch_size, len(prompts))
    batches = _batches(prompts, decoder.tokenizer, size)
    done = _resume(partial, identity, replace=replace)
    longest = 0.0
    for rows in batches:
        if all(tasks[row].id in done for row in rows):
            continue
        if done and not fits(longest):
            break
        begun = time.monotonic()
        asked = [prompts[row] for row in rows]
        answers = _answers(asked, size, decoder, decoding)
        predictions = [
            _scored(tasks[row], prompts[row], found, reward)
            for row, found in zip(rows, answers, strict=True)
        ]
        append(partial, "".join(map(to_line, predictions)).encode())
        done |= {p.id: p for p in predictions}
        on_batch(list(done.values()))
        longest = max(longest, time.monotonic() - begun)
    return [done[task.id] for task in tasks if task.id in done]


def _batches(prompts: Sequence[str], tokenizer: Tokenizer, size: int) -> list[list[int]]:
    """Rows of like prompt length together, batch after batch, in a shuffled order."""
    lengths = [len(tokenizer.encode_prompt(prompt)) for prompt in prompts]
    order = sorted(range(len(prompts)), key=lengths.__getitem__)
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    return random.Random(0).sample(batches, len(batches))


def _answers(
    prompts: list[str], size: int, decoder: Decoder, decoding: Decoding
) -> list[list[Answered]]:
    """Per prompt the greedy completion and then the samples: a key for each draw, and the decoder
    has each prompt's noise follow from the prompt.
    """
    # Always the same number of rows: another one would be compiled anew.
    padded = prompts + [prompts[-1]] * (size - len(prompts))
    key = jax.random.PRNGKey(decoding.sampling_seed)
    made = [decoder.greedy(padded)]
    for draw in range(decoding.samples):
        noise = jax.random.fold_in(key, draw)
        made.append(decoder.sample(padded, seed=noise, temperature=decoding.temperature))
    return [
        [
            _ended(
                completions.texts[row],
                completions.finished[row],
                completions.tokens[row].tolist(),
                decoder.tokenizer,
                decoding.stop,
            )
            for completions in made
        ]
        for row in range(len(prompts))
    ]


def _scored(task: Task, prompt: str, answers: list[Answered], reward: Scorer) -> Prediction:
    greedy, *drawn = answers
    samples = tuple(
        score_sample(task, one.text, reward, finished=one.finished, completion_tokens=one.tokens)
        for one in drawn
    )
    return predict(
        task,
        greedy.text,
        reward,
        finished=greedy.finished,
        completion_tokens=greedy.tokens,
        prompt=prompt,
        samples=samples,
    )


def _ended(
    text: str, finished: bool, tokens: list[int], tokenizer: Tokenizer, stop: str | None
) -> Answered:
    """Cut a completion where a model without our stop token ends its answer."""
    if stop is None:
        return Answered(text, finished, len(tokens))
    if tokenizer.eos_id in tokens:
        tokens = tokens[: tokens.index(tokenizer.eos_id)]
        text, finished = tokenizer.decode(tokens), True
        tokens = [*tokens, tokenizer.eos_id]
    # Blank lines before an answer are not its end.
    before, found, _ = text.lstrip().partition(stop)
    if found:
        return Answered(before.rstrip(), True, len(tokenizer.encode_completion(before)))
    return Answered(text, finished, len(tokens))


def _resume(
    partial: Path, identity: Mapping[str, object], *, replace: bool
) -> dict[str, Prediction]:
    """What an interrupted evaluation left, or a fresh file; a half-written last line is cut off."""
    header = json.dumps(identity, sort_keys=True, ensure_ascii=False).encode() + b"\n"
    partial.parent.mkdir(parents=True, exist_ok=True)
    if not partial.is_file() or partial.stat().st_size == 0:
        partial.write_bytes(header)
        return {}
    done: dict[str, Prediction] = {}
    with partial.open("rb") as file:
        first = file.readline()
        # Killed while writing the header, or what another policy had begun to answer.
        if first != header and (replace or header.startswith(first)):
            partial.write_bytes(header)
            return {}
        if first != header:
            raise UserError(
                f"{str(partial)!r} is the beginning of another evaluation (other model, problems "
                "or decoding): delete it, or choose another --name"
            )
        whole = file.tell()
        for line in file:
            try:
                prediction = from_line(line.decode("utf-8"))
            except ValueError:  # killed while writing this line: its batch is made anew
                break
            if not line.endswith(b"\n"):
                break
            done[prediction.id] = prediction
            whole = file.tell()
    with partial.open("r+b") as file:
        file.truncate(whole)
    return done
