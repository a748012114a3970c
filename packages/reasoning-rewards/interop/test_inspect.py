"""A scorer of inspect_ai made of `parse` and `same_answer`, in an evaluation of inspect_ai's own.

The completions come from inspect_ai's mock model: what is tested is that its machinery and ours
agree on what is right.
"""

from pathlib import Path

import pytest
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import (
    CORRECT,
    INCORRECT,
    Score,
    Scorer,
    Target,
    accuracy,
    scorer,
    stderr,
)
from inspect_ai.solver import TaskState, generate

from reasoning_rewards import parse, render, same_answer

COMPLETIONS = {
    "6 * 7?": (render("6*7=42", "42"), "42", True),
    "One half of 84?": (render("84/2=42", "forty-two"), "42", True),
    "40 + 3?": (render("40+3=42", "42"), "43", False),
    "Is 17 prime?": ("yes, of course", "yes", False),
}
"""By question: what the model writes, the gold, and whether that is right in the schema."""


@scorer(metrics=[accuracy(), stderr()])
def reasoning_answer() -> Scorer:
    """Right if the answer in its tags is the target's; the reasoning becomes the explanation."""

    async def score(state: TaskState, target: Target) -> Score:
        trace = parse(state.output.completion)
        right = trace.answer is not None and same_answer(trace.answer, target.text)
        return Score(
            value=CORRECT if right else INCORRECT,
            answer=trace.answer,
            explanation=trace.reasoning,
            metadata={"status": trace.status.value},
        )

    return score


def test_inspect_counts_what_we_count(tmp_path: Path) -> None:
    outputs = []
    for completion, _, _ in COMPLETIONS.values():
        output = ModelOutput.from_content("mockllm/model", completion)
        output.usage = ModelUsage()  # else it counts tokens with a vocabulary from the network
        outputs.append(output)
    samples = [Sample(input=q, target=gold) for q, (_, gold, _) in COMPLETIONS.items()]
    task = Task(dataset=samples, solver=generate(), scorer=reasoning_answer())
    model = get_model("mockllm/model", custom_outputs=outputs)
    (log,) = eval(task, model=model, log_dir=str(tmp_path), display="none", max_samples=1)
    assert log.status == "success", log.error
    assert log.samples is not None
    found = {sample.input: sample.scores["reasoning_answer"] for sample in log.samples}
    for question, (_, _, right) in COMPLETIONS.items():
        assert found[question].value == (CORRECT if right else INCORRECT)
    assert found["6 * 7?"].explanation == "6*7=42"
    assert found["Is 17 prime?"].metadata == {"status": "no_tags"}
    assert log.results.scores[0].metrics["accuracy"].value == pytest.approx(0.5)
