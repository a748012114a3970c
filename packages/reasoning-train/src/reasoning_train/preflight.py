"""Check all of a run's configuration that can be checked before JAX is imported.

What is wrong is said within a second or two, not after the stages before the one that uses it.
"""

from pathlib import Path
from tempfile import TemporaryFile

from reasoning_rewards import RewardError
from reasoning_rewards.judge.endpoint import check_openai
from reasoning_train.config import RunConfig
from reasoning_train.config.schedules import check_schedules
from reasoning_train.dataset.checks import check_data
from reasoning_train.dataset.sources import training_sources
from reasoning_train.errors import UserError
from reasoning_train.models import MODELS
from reasoning_train.models.run_base import weights_of_run
from reasoning_train.models.sources import check_form
from reasoning_train.reward.judged_problems import check_rubric_source, judged_problems
from reasoning_train.reward.run_judge import BASE
from reasoning_train.reward.user_function import NONE, Own, RewardRow, UserReward
from reasoning_train.run_dir.branching import check_source
from reasoning_train.run_dir.directory import RunDir, check_root
from reasoning_train.run_dir.settings_record import allowed_changes
from reasoning_train.tracking import check_installed

TRIAL = RewardRow(
    completion="<reasoning>\n3 + 4 = 7.\nConfidence: 0.9\n</reasoning>\n<answer>7</answer>",
    gold="7",
    prompt="Ann has 3 pens and buys 4 more. How many pens does she have?",
)
"""What every function of `reward.extra` is called with once, to see that it can be called."""


def preflight(config: RunConfig, root: Path, source: Path | None = None, own: Own = NONE) -> None:
    """Check model, data, rewards, trackers and the run directory, without side effects.

    Args:
        config: The configuration of the run.
        root: Its run directory, which need not exist.
        source: The run that it takes data and SFT from, if it does.
        own: Functions of `reward.extra` that only this process has.

    Raises:
        UserError: The first thing that is wrong.
    """
    _check_model(config, RunDir(source or root).manifest)
    if config.track.wandb:
        check_installed()
    run = RunDir(root)
    check_root(root)
    check_schedules(config, _done(run, source))
    _check_writable(root)
    if run.config.is_file():
        allowed_changes(run, config)
    elif source is not None:
        check_source(source)
        allowed_changes(RunDir(source), config, before_grpo=True)
    if source is None and not (run.data / "manifest.json").is_file():
        check_data(config, _tokenizer_at_hand(config))
    _check_judge(config, run.data if source is None else RunDir(source).data)
    for text in config.reward.extra:
        _try_reward(text, config.reward.extra_timeout_s, own)


def _check_judge(config: RunConfig, data: Path) -> None:
    """The judge's client, key or model must be there, and so must a column of rubric items."""
    reward, judge = config.reward, config.reward.judge
    if judge.backend == "endpoint":
        try:
            check_openai()
            judge.endpoint.key()
        except RewardError as error:
            raise UserError(f"reward.judge: {error}") from error
    if judge.backend == "local" and judge.model not in (BASE, *MODELS):
        raise UserError(
            f"reward.judge.model {judge.model!r} is unknown; there are {BASE}, {', '.join(MODELS)}"
        )
    if not reward.rubric_column:
        return
    if (data / "manifest.json").is_file():
        judged_problems(data, reward.rubric_column)
    elif not config.data.build:
        check_rubric_source(reward.rubric_column, training_sources(config))


def _done(run: RunDir, source: Path | None) -> tuple[str, ...]:
    """Stages that are finished, or will be taken over as such."""
    if run.config.is_file():
        return run.read_state().done
    return ("sft",) if source is not None else ()


def _check_model(config: RunConfig, manifest: Path) -> None:
    if config.model.name not in MODELS:
        raise UserError(f"unknown model {config.model.name!r}; models: {', '.join(MODELS)}")
    if config.model.weights:
        check_form(weights_of_run(manifest, config.model.weights))


def _tokenizer_at_hand(config: RunConfig) -> Path | None:
    """The model's tokenizer, if it is in a file that needs no download or conversion."""
    model = MODELS[config.model.name]
    if config.model.weights:
        folder = Path(config.model.weights).expanduser()
    elif model.origin.kind == "package":
        folder = model.find()
    else:
        return None
    path = folder / "tokenizer.model"
    return path if path.is_file() else None


def _check_writable(root: Path) -> None:
    """An existing folder, or the one that it will be made in, must take new files."""
    folder = next(path for path in (root, *root.absolute().parents) if path.exists())
    try:  # permissions alone do not tell: root may write, but not to a read-only mount
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise UserError(
            f"cannot write to {str(folder)!r} ({error.strerror}): choose another place with "
            "--run-dir (on Kaggle: below /kaggle/working)"
        ) from error


def _try_reward(text: str, timeout_s: float, own: Own) -> None:
    function = UserReward(text, timeout_s, own)
    try:
        [outcome] = function.score([TRIAL])
    finally:
        function.close()
    if outcome.fault:
        raise UserError(
            f"reward.extra {text!r} failed when tried with a right completion: {outcome.fault}"
        )
