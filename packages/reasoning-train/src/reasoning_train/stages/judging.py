"""The judge that a run's configuration asks for, with its model, cache and counts."""

from pathlib import Path

from reasoning_rewards import RewardError
from reasoning_rewards.judge import Judge
from reasoning_rewards.judge.counts import CallCounts
from reasoning_rewards.judge.endpoint import Endpoint
from reasoning_rewards.judge.model_judge import Backend
from reasoning_rewards.judge.verdict_cache import VerdictCache
from reasoning_train.context import RunContext
from reasoning_train.engine.model import Policy, load_base, without_adapters
from reasoning_train.engine.yes_no import YesNo
from reasoning_train.errors import UserError
from reasoning_train.models import BaseModelFiles, locate_base
from reasoning_train.models.tokenizer import Tokenizer
from reasoning_train.reward.judged_problems import judged_problems
from reasoning_train.reward.local_judge import LocalJudge
from reasoning_train.reward.run_judge import BASE, RunJudge, kept_counts


def make_judge(context: RunContext) -> RunJudge | None:
    """Return the run's judge; None if it has none.

    Raises:
        UserError: Its model, key or items cannot be had.
    """
    reward, run = context.config.reward, context.run
    if reward.judge.backend == "none":
        return None
    problems = judged_problems(run.data, reward.rubric_column)
    counts = kept_counts(run.judge_counts)
    cache = Path(reward.judge.cache).expanduser() if reward.judge.cache else run.judge_cache
    try:
        judge = Judge(
            _backend(context, counts),
            reward.rubric_file.items,
            column=reward.rubric_column,
            cache=VerdictCache(cache),
        )
    except RewardError as error:
        raise UserError(f"reward.judge: {error}") from error
    return RunJudge(judge, reward.judge.weight, problems, run.judge_counts, context.say)


def _backend(context: RunContext, counts: CallCounts) -> Backend:
    section = context.config.reward.judge
    if section.backend == "endpoint":
        return Endpoint(section.endpoint, counts)
    base = context.base if section.model == BASE else locate_base(section.model)
    tokenizer = context.tokenizer if section.model == BASE else Tokenizer(base.tokenizer)
    asked = YesNo(
        _model(context, base),
        tokenizer,
        context.mesh,
        length=section.question_tokens,
        rows=section.rows,
    )
    dtype = context.config.model.dtype
    return LocalJudge(asked, f"{base.digest}:{dtype}", section.question_tokens, counts)


def _model(context: RunContext, base: BaseModelFiles) -> Policy:
    """The judge's weights: those that adapters are trained on are in memory already."""
    section = context.config.model
    if base is context.base and section.training == "lora":
        return without_adapters(context.model)
    return load_base(base.folder, dtype=section.dtype, remat=False, mesh=context.mesh)
