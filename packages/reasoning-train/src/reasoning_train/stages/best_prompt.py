"""What the base can do when it is asked in the form that suits it best.

A base has never seen the schema, so its accuracy there says little: much of what training seems to
add may only be the form. The format is chosen on problems that are not held out, since one chosen
on the held-out problems would look too good on them, and only then is it evaluated on those.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from reasoning_data import Task, read_tasks
from reasoning_train.context import RunContext
from reasoning_train.durable import write_json
from reasoning_train.errors import UserError
from reasoning_train.evaluation.decoding import Decoding
from reasoning_train.evaluation.evaluator import Request, run_evaluation
from reasoning_train.evaluation.prompts import PromptFormat, demonstrations, prompts_of

MOST_SHOTS = 4


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A format with the prompts it gives; `shots` are the examples of few-shot."""

    format: PromptFormat
    choice: list[str]
    held_out: list[str]
    shots: int = 0


def add_best_prompt(context: RunContext, schema: Request, summary: dict[str, Any]) -> None:
    """Choose the base's best prompt format, evaluate it, and add `best_prompt` to `base.json`.

    Every format is tried on one batch of GRPO's problems: nothing has been trained on them yet, and
    none is held out. The best in lenient accuracy is then evaluated on the held-out problems as
    `base-<format>.json`. Prompts and completions keep the run's lengths, so that nothing is
    compiled a second time and `plan`'s memory still holds; a format that does not fit is left out.

    Args:
        schema: How the base was evaluated with its schema prompt.
        summary: What `base.json` holds.
    """
    size = context.config.evaluation.batch_size
    pool = read_tasks(context.run.data, "grpo")
    chosen_on = random.Random("prompt formats").sample(pool, min(size, len(pool)))
    candidates = _candidates(context, chosen_on, schema.tasks)
    tried = {
        candidate.format.value: _evaluate(
            context, schema, candidate, chosen_on, candidate.choice, candidate.format.value, True
        )
        for candidate in candidates
    }
    # Of equals the first: the schema, then the shorter prompt.
    best = max(candidates, key=lambda c: tried[c.format.value]["accuracy_lenient"])
    name = "base"
    found = summary
    if best.format is not PromptFormat.SCHEMA:
        name = f"base-{best.format.value}"
        found = _evaluate(context, schema, best, schema.tasks, best.held_out, name, False)
    summary["best_prompt"] = {
        "format": best.format.value,
        "accuracy": found["accuracy_lenient"],
        "n": found["n"],
        "ci95": found["ci95"]["accuracy_lenient"],
        "evaluation": name,
        "chosen_on": {
            "n": len(chosen_on),
            "accuracy": {key: value["accuracy_lenient"] for key, value in tried.items()},
            "too_long": [f.value for f in PromptFormat if f.value not in tried],
        },
    }
    write_json(context.run.evaluation / "base.json", summary)


def _candidates(
    context: RunContext, chosen_on: Sequence[Task], held_out: Sequence[Task]
) -> list[_Candidate]:
    made = [
        _Candidate(format_, prompts_of(chosen_on, format_), prompts_of(held_out, format_))
        for format_ in (PromptFormat.SCHEMA, PromptFormat.RAW, PromptFormat.PLAIN)
    ]
    for count in range(MOST_SHOTS, 0, -1):
        try:
            shots = demonstrations(context.run.data, count)
        except UserError:  # fewer worked problems than that
            continue
        for format_ in PromptFormat:
            if format_.takes_shots:
                choice, wanted = (
                    prompts_of(tasks, format_, shots) for tasks in (chosen_on, held_out)
                )
                made.append(_Candidate(format_, choice, wanted, count))
    fitting = [candidate for candidate in made if _fits(context, candidate)]
    # Of each format the first, which has the most examples.
    return list({candidate.format: candidate for candidate in reversed(fitting)}.values())[::-1]


def _fits(context: RunContext, candidate: _Candidate) -> bool:
    encode = context.tokenizer.encode_prompt
    prompts = (*candidate.choice, *candidate.held_out)
    return all(len(encode(prompt)) <= context.lengths.prompt for prompt in prompts)


def _evaluate(
    context: RunContext,
    schema: Request,
    candidate: _Candidate,
    tasks: Sequence[Task],
    prompts: Sequence[str],
    name: str,
    choosing: bool,
) -> dict[str, Any]:
    shots = {"shots": candidate.shots} if candidate.shots else {}
    request = replace(
        schema,
        tasks=tasks,
        prompts=prompts,
        decoding=Decoding(context.config.evaluation.batch_size, stop=candidate.format.stop),
        prompt_format=candidate.format,
        settings={**schema.settings, **shots},
    )
    folder = context.run.evaluation
    return run_evaluation(
        request,
        context.generator,
        context.reward,
        output=folder / "prompts" if choosing else folder,
        name=name,
        console=context.console,
        replace=True,
    )
