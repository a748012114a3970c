"""Whether the base keeps to the schema unasked to learn it, so that SFT on demonstrations can go.

A human's rationale is imitated only by a base that cannot follow the schema. Whether it can was
measured when its best prompt was looked for: the share of well-formed answers on problems of
GRPO's, to the prompt of the build as it is, or after examples in the schema.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reasoning_data import Task
from reasoning_train.context import RunContext
from reasoning_train.durable import read_json
from reasoning_train.evaluation.prompts import PromptFormat, demonstrations, prompts_of


@dataclass(frozen=True, slots=True)
class BaseFormat:
    """How the base is asked so that it keeps to the schema.

    Attributes:
        format: One whose answers are in the schema.
        shots: Examples before the problem.
        well_formed: Share of its answers that were well-formed.
        problems: So many were asked.
    """

    format: PromptFormat
    shots: int
    well_formed: float
    problems: int

    def prompts(self, context: RunContext, tasks: Sequence[Task]) -> list[str]:
        """What the base is shown for each problem."""
        examples = demonstrations(context.run.data, self.shots) if self.shots else ()
        return prompts_of(tasks, self.format, examples)

    def __str__(self) -> str:
        after = f" after {self.shots} examples" if self.shots else ""
        return f"{self.well_formed:.1%} of {self.problems} answers{after}"


def format_of_base(context: RunContext) -> BaseFormat | None:
    """The first format in the schema that the base follows often enough; None if there is none.

    None too where nothing could be trained after sampling, `own_traces.steps` being 0.

    Raises:
        UserError: A measurement is damaged.
    """
    config = context.config
    if not (config.sampling.completions and config.own_traces.steps):
        return None
    for format_ in PromptFormat:
        if not format_.in_schema:
            continue
        found = read_json(
            context.run.evaluation / "prompts" / f"{format_.value}.json",
            lambda summary: (
                int(summary.get("shots", 0)),
                float(summary["well_formed"]),
                int(summary["n"]),
            ),
        )
        if found is not None and found[1] >= config.sampling.base_well_formed:
            return BaseFormat(format_, *found)
    return None
