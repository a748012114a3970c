"""One evaluation as it lies on disk: its summary and the predictions behind it."""

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
"""What an evaluation under way has so far; its first line says what was asked of which model."""


@dataclass(frozen=True, slots=True)
class Row:
    """One prediction. What its file does not hold is None.

    Attributes:
        correct: Strict, inside the tags.
        lenient: The final answer wherever it stands.
        independent: What an extractor that is not the reward's says.
        total: The reward.
        tokens: Length of the completion.
        fault: Why a function of the user's gave a rollout no reward; empty if it did.
        samples: Completions drawn for the same problem, beside this greedy one.
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
        """Rewarded as right, wrong to the independent extractor."""
        return self.components.get("correctness", float(self.correct)) >= 0.5 > self.independent


def row_of(record: Record) -> Row | None:
    """The prediction in a record; None if id, completion or outcome is missing."""
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
    """What the independent extractor says: as recorded, else asked now."""
    recorded = truth(record, "independent_correct")
    if recorded is not None:
        return recorded
    return independent_correct(text(record, "completion"), text(record, "gold"))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation by name.

    Attributes:
        summary: What `<name>.json` holds; None while the evaluation is unfinished.
        rows: Its predictions, one a problem; of several with one id the last counts.
        skipped: Lines that could not be read.
        repeated: Lines whose id came again later.
    """

    name: str
    summary: Mapping[str, Any] | None
    rows: tuple[Row, ...]
    skipped: int = 0
    repeated: int = 0

    @property
    def label(self) -> str:
        """`GRPO` for `grpo`, `Base, raw prompt` for `base-raw`."""
        stage, _, rest = self.name.partition("-")
        if rest and rest == self.prompt_format and stage in STAGE_LABELS:
            return f"{STAGE_LABELS[stage]}, {rest} prompt"
        return STAGE_LABELS.get(self.name, self.name)

    @property
    def prompt_format(self) -> str:
        """How the problems were put; `schema` where it is not said."""
        return text(self.summary or {}, "prompt_format") or "schema"

    @property
    def seed(self) -> int | None:
        """Of the run that trained it; None where that is not known."""
        seed = (self.summary or {}).get("seed")
        return seed if isinstance(seed, int) else None


def read_evaluations(folder: Path) -> tuple[list[Evaluation], list[str]]:
    """Evaluations of a run, base, SFT and GRPO first, and the summaries that cannot be read."""
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
