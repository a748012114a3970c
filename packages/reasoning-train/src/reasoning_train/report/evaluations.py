"""Reader of evaluations: their summaries, and the predictions behind them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning_train.evaluation.independent import independent_correct
from reasoning_train.run_dir.records import (
    Record,
    Tally,
    as_number,
    iter_records,
    mapping,
    number,
    parse_object,
    text,
    truth,
)

COMPONENTS = ("correctness", "structure", "confidence")
STAGE_LABELS = {"base": "Base", "sft": "SFT", "grpo": "GRPO"}
PREDICTIONS = ".predictions.jsonl"
PARTIAL = f"{PREDICTIONS}.partial"
"""Predictions of an unfinished evaluation; the first line describes the evaluation."""


@dataclass(frozen=True, slots=True)
class Row:
    """Prediction for a problem; values that the file does not have are None.

    Attributes:
        id: Id of the problem.
        prompt: Prompt of the problem.
        completion: Completion of the model.
        gold: Reference answer.
        status: How far the completion follows the schema, such as `well_formed`.
        correct: Whether the answer inside the tags is correct.
        lenient: Whether the final answer is correct, wherever it is.
        independent: Whether the independent extractor finds the gold.
        finished: Whether the completion ended before the length limit.
        total: Reward.
        components: Components of the reward by name.
        stated_confidence: Confidence stated in the completion, from 0 to 1.
        tokens: Length of the completion in tokens.
        fault: Why a reward function of the user gave no value; empty if it gave one.
        samples: Sampled completions for the same problem, beside this greedy one.
    """

    id: str
    prompt: str
    completion: str
    gold: str
    status: str
    correct: bool
    lenient: bool | None
    independent: bool
    finished: bool | None
    total: float | None
    components: Mapping[str, float]
    stated_confidence: float | None
    tokens: float | None
    fault: str = ""
    samples: "tuple[Row, ...]" = ()

    @property
    def hacked(self) -> bool:
        """Whether the reward counts the answer as correct but the independent extractor not."""
        return self.components.get("correctness", float(self.correct)) >= 0.5 > self.independent


def row_of(record: Record) -> Row | None:
    """Parse a prediction; None if its id, completion or outcome is missing."""
    correct = truth(record, "correct")
    if correct is None or not text(record, "id") or not isinstance(record.get("completion"), str):
        return None
    held = mapping(record, "components") or {name: record.get(name) for name in COMPONENTS}
    drawn = record.get("samples")
    shared = {key: record.get(key) for key in ("id", "prompt", "gold")}
    samples = [
        row_of({**sample, **shared, "samples": None})
        for sample in (drawn if isinstance(drawn, list) else [])
        if isinstance(sample, dict)
    ]
    return Row(
        id=text(record, "id"),
        prompt=text(record, "prompt"),
        completion=text(record, "completion"),
        gold=text(record, "gold"),
        status=text(record, "status"),
        correct=correct,
        lenient=truth(record, "correct_lenient"),
        independent=independent_reading(record),
        finished=truth(record, "finished"),
        total=number(record, "total"),
        components={k: v for k, raw in held.items() if (v := as_number(raw)) is not None},
        stated_confidence=number(record, "stated_confidence"),
        tokens=number(record, "completion_tokens"),
        samples=tuple(sample for sample in samples if sample is not None),
    )


def independent_reading(record: Record) -> bool:
    """Return whether the independent extractor finds the gold, as recorded or computed now."""
    recorded = truth(record, "independent_correct")
    if recorded is not None:
        return recorded
    return independent_correct(text(record, "completion"), text(record, "gold"))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Evaluation of a run.

    Attributes:
        name: Name of its files, such as `base-raw`.
        summary: Content of `<name>.json`; None while the evaluation is unfinished.
        rows: Predictions, one per problem; the last one if an id is repeated.
        skipped: Number of unreadable lines.
        repeated: Number of lines whose id occurs again later.
    """

    name: str
    summary: Mapping[str, Any] | None
    rows: tuple[Row, ...]
    skipped: int = 0
    repeated: int = 0

    @property
    def label(self) -> str:
        """Name to show: `GRPO` for `grpo`, `Base, raw prompt` for `base-raw`."""
        stage, _, rest = self.name.partition("-")
        if rest and rest == self.prompt_format and stage in STAGE_LABELS:
            return f"{STAGE_LABELS[stage]}, {rest} prompt"
        return STAGE_LABELS.get(self.name, self.name)

    @property
    def prompt_format(self) -> str:
        """Prompt format of the problems; `schema` if it was not recorded."""
        return text(self.summary or {}, "prompt_format") or "schema"

    @property
    def seed(self) -> int | None:
        """Seed of the run; None if it was not recorded."""
        seed = (self.summary or {}).get("seed")
        return seed if isinstance(seed, int) else None


def read_evaluations(folder: Path) -> tuple[list[Evaluation], list[str]]:
    """Read the evaluations in a folder.

    Returns:
        The evaluations, with those of base, SFT and GRPO first, and the paths of damaged summaries.
    """
    endings = (PARTIAL, PREDICTIONS, ".json")
    files = [p.name for p in folder.iterdir() if p.is_file()] if folder.is_dir() else []
    names = {name.removesuffix(end) for name in files for end in endings if name.endswith(end)}
    names = {name for name in names if name and not name.startswith(".")}
    order = {name: place for place, name in enumerate(STAGE_LABELS)}
    found, damaged = [], []
    # A stage's other evaluations, such as base-raw, come right after it.
    for name in sorted(names, key=lambda n: (order.get(n.partition("-")[0], len(order)), n)):
        path = folder / f"{name}.json"
        summary = parse_object(path.read_bytes()) if path.is_file() else None
        if summary is None and path.is_file():
            damaged.append(f"evaluation/{name}.json")
        predictions = folder / f"{name}{PREDICTIONS}"
        if not predictions.is_file():
            predictions = folder / f"{name}{PARTIAL}"
        found.append(_evaluation(name, summary, predictions))
    return found, damaged


def _evaluation(name: str, summary: Mapping[str, Any] | None, path: Path) -> Evaluation:
    if not path.is_file():
        return Evaluation(name, summary, ())
    tally = Tally()
    rows: list[Row] = []
    for place, record in enumerate(iter_records(path, tally)):
        row = row_of(record)
        if row is not None:
            rows.append(row)
        elif place or not path.name.endswith(PARTIAL):
            tally.skipped += 1
    last = {row.id: row for row in rows}
    repeated = sum(count - 1 for count in Counter(row.id for row in rows).values())
    return Evaluation(name, summary, tuple(last.values()), tally.skipped, repeated)
