"""The judge as a reward function: items asked, verdicts cached, weighted means returned."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from reasoning_rewards.columns.conversations import completion_text, prompt_text
from reasoning_rewards.errors import RewardError
from reasoning_rewards.judge.counts import CallCounts
from reasoning_rewards.judge.items import Judged, JudgeItem, checked, read_items, weighted_mean
from reasoning_rewards.judge.verdict import JudgeVerdict, Question

if TYPE_CHECKING:
    from reasoning_rewards.judge.verdict_cache import VerdictCache

ITEMS_COLUMN = "judge_items"
"""What `log_extra` is given: the value of each item, as JSON."""


class Backend(Protocol):
    """What answers questions: an `Endpoint`, or a model in this process."""

    counts: CallCounts

    @property
    def name(self) -> str:
        """What cached verdicts belong to."""

    def ask(
        self, questions: Sequence[Question], on_verdict: Callable[[int, JudgeVerdict], None]
    ) -> None:
        """Ask the questions, and tell each verdict by its question's place."""


class Judge:
    """Scores completions by a rubric of free-text items, as a reward function of TRL's form.

    A completion whose items could not all be judged has no value: TRL leaves `None` out. Neither a
    server nor a model's reply can make it raise.

    Args:
        backend: What answers.
        items: Asked of every completion.
        column: The column of the data with further items of each problem (`read_items`).
        cache: Where verdicts are kept; in memory if left out.

    Raises:
        RewardError: There are neither items nor a column, or two items have the same name.
    """

    __name__ = "judge"

    def __init__(
        self,
        backend: Backend,
        items: Iterable[JudgeItem] = (),
        *,
        column: str = "",
        cache: "VerdictCache | None" = None,
    ) -> None:
        self.items = checked(list(items))
        if not (self.items or column):
            raise RewardError("a judge needs items to ask, or the column that holds them")
        self._backend = backend
        self.column = column
        if cache is None:
            from reasoning_rewards.judge.verdict_cache import VerdictCache  # brings sqlite3

            cache = VerdictCache()
        self._cache = cache

    @property
    def counts(self) -> CallCounts:
        """What was asked so far, and what became of it."""
        return self._backend.counts

    def __call__(
        self, prompts: Iterable[Any], completions: Iterable[Any], **columns: Any
    ) -> list[float | None]:
        """Return the score of each completion in [0, 1]; None where there is none.

        Args:
            prompts: Texts or conversations.
            completions: Texts or conversations.
            columns: Of the data; `log_extra` and `log_metric`, if given, are told the value of each
                item and the counts.

        Raises:
            RewardError: A row is no text, or the column with the items is missing.
        """
        asked = [prompt_text(prompt) for prompt in prompts]
        written = [completion_text(completion) for completion in completions]
        cells: Sequence[object] | None = None
        if self.column:
            if self.column not in columns:
                raise RewardError(f"no column {self.column!r} with the rubric items of each row")
            cells = list(columns[self.column])
        judged = self.judge(asked, written, cells)
        if (log := columns.get("log_extra")) is not None:
            log(ITEMS_COLUMN, [json.dumps(one.items, ensure_ascii=False) for one in judged])
        if (measure := columns.get("log_metric")) is not None:
            for name, value in self.counts.as_dict().items():
                if isinstance(value, int | float):
                    measure(f"judge/{name}", float(value))
        return [one.value for one in judged]

    def judge(
        self,
        prompts: Sequence[str],
        completions: Sequence[str],
        cells: Sequence[object] | None = None,
    ) -> list[Judged]:
        """Return the score of each completion with what it is made of.

        Args:
            prompts: The problems.
            completions: One for each.
            cells: The items of each row's problem, as the data has them.

        Raises:
            RewardError: The sequences have different lengths.
        """
        cells = [None] * len(prompts) if cells is None else cells
        if not len(prompts) == len(completions) == len(cells):
            raise RewardError(
                "prompts, completions and rubric cells must be of one length, not "
                f"{len(prompts)}, {len(completions)} and {len(cells)}"
            )
        rows = [self._items_of(cell) for cell in cells]
        questions = {
            Question(item, prompt, completion): JudgeVerdict(None, "time limit: not asked in time")
            for (items, _), prompt, completion in zip(rows, prompts, completions, strict=True)
            for item in items
        }
        self._answer(questions)
        return [
            _judged(items, fault, [questions[Question(i, prompt, completion)] for i in items])
            for (items, fault), prompt, completion in zip(rows, prompts, completions, strict=True)
        ]

    def close(self) -> None:
        """Close the cache."""
        self._cache.close()

    def _items_of(self, cell: object) -> tuple[tuple[JudgeItem, ...], str]:
        """The items of a row, and why there are none."""
        try:
            items = checked([*self.items, *read_items(cell)])
        except RewardError as error:
            return (), str(error)
        return items, "" if items else "no items"

    def _answer(self, questions: dict[Question, JudgeVerdict]) -> None:
        """Put the verdicts that can be had in place of those that are there."""
        name = self._backend.name
        known = self._cache.get(question.key(name) for question in questions)
        unknown = []
        for question in questions:
            if (value := known.get(question.key(name))) is None:
                unknown.append(question)
            else:
                questions[question] = JudgeVerdict(value)
        self.counts.cached += len(questions) - len(unknown)

        def tell(place: int, verdict: JudgeVerdict) -> None:
            questions[unknown[place]] = verdict
            if verdict.value is not None:  # at once: it is paid for
                self._cache.put(unknown[place].key(name), verdict.value)

        if unknown:
            try:
                self._backend.ask(unknown, tell)
            except Exception as error:  # a reward must not end hours of training
                fault = JudgeVerdict(None, f"{type(error).__name__}: {error}"[:200])
                for question in unknown:
                    if questions[question].value is None:
                        questions[question] = fault
        for question in unknown:
            if fault_text := questions[question].fault:
                self.counts.faults[fault_text.partition(":")[0]] += 1


def _judged(items: Sequence[JudgeItem], fault: str, verdicts: Sequence[JudgeVerdict]) -> Judged:
    values = {item.name: one.value for item, one in zip(items, verdicts, strict=True)}
    known = [value for value in values.values() if value is not None]
    if items and len(known) == len(items):
        return Judged(weighted_mean(items, known), values)
    faults = [f"{i.name}: {v.fault}" for i, v in zip(items, verdicts, strict=True) if v.fault]
    return Judged(None, values, fault or faults[0])
