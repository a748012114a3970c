"""Checks of one row on its own as training text."""

import re
import unicodedata

from reasoning_data.answers.agreement import agrees
from reasoning_data.answers.derivation import lint_derivation
from reasoning_data.checks.cleaning import Cleaning
from reasoning_data.checks.token_counter import TokenCounter
from reasoning_data.errors import Finding, Reason
from reasoning_data.problem import Problem
from reasoning_data.rendering import PromptStyle, model_text, render_prompt
from reasoning_data.splitting import Split
from reasoning_rewards import RewardError, parse

CONTROL = re.compile(
    r"<(?:bos|eos|pad|unk|mask|start_of_turn|end_of_turn|start_of_image|end_of_image|unused\d+)>"
)
NON_FINITE = re.compile(r"[-+]?(?:nan|inf(?:inity)?|∞)", re.IGNORECASE)


def lint(problem: Problem, split: Split, style: PromptStyle) -> list[Finding]:
    """Return the findings on a problem's text, most serious first; empty for a sound row.

    The rationale is checked only in the split `sft`, which trains on it.
    """
    findings = []
    texts = [problem.question, problem.answer]
    if split is Split.SFT:
        texts.append(problem.rationale)
    for text in texts:
        if found := CONTROL.search(text):
            findings.append(Finding(Reason.CONTROL_TOKEN, f"{found.group()!r} in the text"))
            break
    if found := NON_FINITE.fullmatch(problem.answer.strip(" $")):
        findings.append(Finding(Reason.NON_FINITE_GOLD, f"gold {problem.answer!r}"))
    elif not _is_answer(problem.answer):
        findings.append(Finding(Reason.BAD_GOLD, f"gold {problem.answer[:80]!r} is not an answer"))
    if split is Split.SFT:
        findings += _lint_rationale(problem, style)
    return findings


def lint_lengths(
    problem: Problem, split: Split, style: PromptStyle, cleaning: Cleaning, counter: TokenCounter
) -> tuple[list[Finding], int, int]:
    """Check the token counts of a row against the limits.

    Args:
        problem: The row.
        split: Its split; only `sft` has completions.
        style: Prompt style.
        cleaning: Options with the limits.
        counter: Tokenizer.

    Returns:
        Findings, tokens of the prompt including `<bos>`, and tokens of the completion including the
        stop token.
    """
    prompt = 1 + counter.count(render_prompt(problem.question, style))
    completion = 0
    if split is Split.SFT:
        completion = counter.count(model_text(problem, style)) + 1
    findings = []
    if 0 < cleaning.max_prompt_tokens < prompt:
        detail = f"{prompt} tokens, the limit is {cleaning.max_prompt_tokens}"
        findings.append(Finding(Reason.PROMPT_TOO_LONG, detail))
    if 0 < cleaning.max_completion_tokens < completion:
        detail = f"{completion} tokens, the limit is {cleaning.max_completion_tokens}"
        findings.append(Finding(Reason.COMPLETION_TOO_LONG, detail))
    return findings, prompt, completion


def _is_answer(gold: str) -> bool:
    """Return whether a gold can be matched: readable, no format characters, equal to itself."""
    kinds = {unicodedata.category(char) for char in gold}
    readable = any(kind[0] in "LN" or kind == "Sm" for kind in kinds)
    return readable and "Cf" not in kinds and agrees(gold, gold)


def _lint_rationale(problem: Problem, style: PromptStyle) -> list[Finding]:
    if not problem.rationale.strip():
        return [Finding(Reason.EMPTY_RATIONALE, "nothing to train on")]
    try:
        text = model_text(problem, style)
    except RewardError as error:
        return [Finding(Reason.SCHEMA_BROKEN, str(error)[:200])]
    if not parse(text).well_formed:
        return [Finding(Reason.SCHEMA_BROKEN, f"the completion is {parse(text).status}")]
    return lint_derivation(problem.question, problem.rationale, problem.answer)
