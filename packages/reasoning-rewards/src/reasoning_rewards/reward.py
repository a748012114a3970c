"""The composite reward: weighted correctness, structure and confidence of a completion."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import fsum, isfinite

from reasoning_rewards.answers import same_answer
from reasoning_rewards.columns.golds import UnreadableGolds, read_golds
from reasoning_rewards.completions.parsing import parse
from reasoning_rewards.completions.schemas import REASONING_ANSWER, Schema
from reasoning_rewards.completions.trace import Trace, TraceStatus
from reasoning_rewards.confidence.scoring import (
    asks_for_confidence,
    confidence_score,
    presumed_confidence,
    stated_confidence,
)
from reasoning_rewards.errors import RewardError
from reasoning_rewards.structure.evidence import gather
from reasoning_rewards.structure.rubric import GATES, Rubric, StructureScore


@dataclass(frozen=True, slots=True)
class Weights:
    """Shares of the three components; each 0 or more, together 1.

    With the default the best wrong completion gets .40 and the worst correct one .60.
    """

    correctness: float = 0.60
    structure: float = 0.25
    confidence: float = 0.15

    def __post_init__(self) -> None:
        shares = (self.correctness, self.structure, self.confidence)
        if not all(isfinite(share) and share >= 0 for share in shares):
            raise RewardError(f"weights must be finite and 0 or more: {shares!r}")
        if abs(fsum(shares) - 1.0) > 1e-9:
            raise RewardError(f"weights must sum to 1, not {fsum(shares)!r}: {shares!r}")


@dataclass(frozen=True, slots=True)
class Score:
    """The reward of one completion; every float is in [0, 1].

    `stated_confidence` is the ĉ that the confidence term was computed from, `None` where there is
    none and the term is 0; `status` how the completion stands to the schema; `rubric` the items and
    pitfalls behind `structure`. `error` is empty unless scoring failed, which is a bug of this
    package: the components are 0 then.
    """

    total: float
    correctness: float
    structure: float
    confidence: float
    stated_confidence: float | None
    status: TraceStatus
    rubric: StructureScore
    error: str = ""


@dataclass(frozen=True, slots=True)
class CompositeReward:
    """`total = w·(correctness, structure, confidence)` for completions in the schema.

    Correctness needs exactly one answer. A completion without an answer made no forecast and gets
    nothing for its confidence. Neither does one that was asked for a confidence and states none:
    silence must not pay. `asked` says whether completions were asked; with `None`, the default,
    each prompt says so (`asks_for_confidence`). Those that were not asked are read for epistemic
    words instead, and a confidence is presumed where there are none.

    `stop`, `prefill` and `schema` are `parse`'s, for completions as a sampler returns them. A
    prompt that ends with the schema's first tag (`<reasoning>`) has prefilled it.
    """

    weights: Weights = field(default_factory=Weights)
    rubric: Rubric = field(default_factory=Rubric)
    stop: str | tuple[str, ...] = ()
    prefill: str = ""
    schema: Schema = REASONING_ANSWER
    asked: bool | None = None
    _unreadable: UnreadableGolds = field(
        default_factory=UnreadableGolds, init=False, repr=False, compare=False
    )

    def score(self, completion: str, gold: object, prompt: str = "") -> Score:
        """Score one completion against its gold answer.

        Args:
            completion: The text that the model wrote.
            gold: The right answer, of any kind that `read_golds` takes; of several any is right.
            prompt: The question; structure looks at it.

        Raises:
            RewardError: `completion` or `prompt` is not a string, or `gold` is no gold answer. No
                string makes it raise.
        """
        if not (isinstance(completion, str) and isinstance(prompt, str)):
            _refuse(completion=completion, prompt=prompt)
        golds = read_golds(gold)
        prefill, opening = self.prefill, self.schema.reasoning_open
        if not prefill and prompt.endswith((opening, opening + "\n")):
            prefill = opening
        trace = parse(completion, stop=self.stop, prefill=prefill, schema=self.schema)
        try:
            return self._score(trace, golds, prompt)
        except Exception as error:  # a rollout is data: hours of training must not die of one text
            failed = StructureScore(0.0, 0.0, {}, {})
            message = f"{type(error).__name__}: {error}"
            return Score(0.0, 0.0, 0.0, 0.0, None, trace.status, failed, message)

    def _score(self, trace: Trace, golds: tuple[str, ...], prompt: str) -> Score:
        correctness = self._correctness(trace, golds)
        vocabulary = None
        if GATES[trace.status] == 0.0:
            structure = self.rubric.score(trace, prompt)
        else:
            evidence = gather(trace, prompt)
            structure = self.rubric.judge(evidence)
            if evidence.text == trace.reasoning:
                vocabulary = evidence.vocabulary
        stated = self._confidence(trace, prompt, vocabulary)
        confidence = 0.0 if stated is None else confidence_score(stated, correctness)
        total = (
            self.weights.correctness * correctness
            + self.weights.structure * structure.value
            + self.weights.confidence * confidence
        )
        return Score(
            total=min(max(total, 0.0), 1.0),
            correctness=correctness,
            structure=structure.value,
            confidence=confidence,
            stated_confidence=stated,
            status=trace.status,
            rubric=structure,
        )

    def _confidence(
        self, trace: Trace, prompt: str, vocabulary: frozenset[str] | None
    ) -> float | None:
        if trace.answer is None:
            return None
        if asks_for_confidence(prompt) if self.asked is None else self.asked:
            return stated_confidence(trace.reasoning)
        return presumed_confidence(trace.reasoning, vocabulary)

    @staticmethod
    def _correctness(trace: Trace, golds: tuple[str, ...]) -> float:
        answer = trace.answer
        if answer is None:
            return 0.0
        for gold in golds:
            if same_answer(answer, gold):
                return 1.0
        return 0.0

    def score_batch(
        self,
        completions: Sequence[str],
        golds: Sequence[object],
        prompts: Sequence[str] | None = None,
    ) -> list[Score]:
        """Score a rollout: `completions[n]` against `golds[n]` and `prompts[n]`.

        Warns once if no gold of a batch can be read as an answer.

        Raises:
            RewardError: the sequences have different lengths, or as `score` does.
        """
        if prompts is None:
            prompts = [""] * len(completions)
        if not len(completions) == len(golds) == len(prompts):
            raise RewardError(
                "completions, golds and prompts must be of one length, not "
                f"{len(completions)}, {len(golds)} and {len(prompts)}"
            )
        read = [read_golds(gold) for gold in golds]
        self._unreadable.check(read)
        return [
            self.score(completion, gold, prompt)
            for completion, gold, prompt in zip(completions, read, prompts, strict=True)
        ]


def _refuse(**arguments: object) -> None:
    for name, value in arguments.items():
        if not isinstance(value, str):
            raise RewardError(f"{name} must be a string, not {value!r}")
