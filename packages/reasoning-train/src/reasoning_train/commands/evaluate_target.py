"""`reasoning-train evaluate TARGET`: from the options to an evaluation, and its table."""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from reasoning_data import Task
from reasoning_rewards import CompositeReward
from reasoning_train.config import RunConfig
from reasoning_train.engine.generation import Lengths
from reasoning_train.errors import UserError
from reasoning_train.evaluation.comparison import read_summary
from reasoning_train.evaluation.decoding import Decoding
from reasoning_train.evaluation.evaluation_table import print_figures
from reasoning_train.evaluation.evaluator import Request, run_evaluation
from reasoning_train.evaluation.problems import held_out
from reasoning_train.evaluation.prompts import PromptFormat, demonstrations, prompts_of
from reasoning_train.evaluation.target import Target, open_target
from reasoning_train.reward.schedule import FinalReward, Scorer, user_rewards
from reasoning_train.run_dir.directory import exclusive
from reasoning_train.run_dir.held_out import OWN, evaluation_folder, held_out_folders

COMPLETION_TOKENS = 256
BATCH_SIZE = 64


def evaluate_target(options: argparse.Namespace) -> None:
    """Evaluate what the options say and print the figures; what is there already is shown.

    Raises:
        UserError: The target, the data or the output cannot be used.
    """
    target = open_target(options.targets[0], options.stage, options.step)
    for note in target.notes:
        print(f"warning: {note}", file=sys.stderr)
    set_name, data = _problems(options, target)
    tasks = held_out(data, options.limit)
    prompts = _prompts(options, target, data, tasks)
    lengths = _lengths(options, target, prompts)
    config = target.source.config if target.source else None
    dtype = options.dtype or (config.model.dtype if config else "float32")
    request = _request(options, target, tasks, prompts, lengths, dtype)
    if set_name:
        request = replace(request, settings={**request.settings, "held_out": set_name})
    console = Console(stderr=True) if options.json else Console()
    path = _path(options, target, set_name)
    if path.exists() and not options.overwrite:
        summary = _present(path, request)
        console.print(f"evaluated before; --overwrite does it again: {path}", highlight=False)
    else:
        with _held(target, path), _reward(config, _asked(target)) as reward:
            summary = run_evaluation(
                request,
                target.generator(lengths, dtype, console),
                reward,
                output=path.parent,
                name=path.stem,
                console=console,
            )
    if options.json:
        print(json.dumps(summary, indent=1, ensure_ascii=False))
    else:
        print_figures(summary, path, console)


def _problems(options: argparse.Namespace, target: Target) -> tuple[str, Path]:
    """Name and build of the held-out set; the name is empty for problems that no run has."""
    if options.data:
        if options.set:
            raise UserError("--set names a set of the run, --data another build: give one of them")
        return OWN, options.data
    if target.source is None:
        raise UserError(f"{options.targets[0]!r} brings no problems: add --data BUILD")
    folders = held_out_folders(target.source.run)
    if not options.set:
        return next(iter(folders.items()))
    if options.set not in folders:
        known = ", ".join(filter(None, folders)) or "one set, without a name"
        raise UserError(f"the run has no held-out set {options.set!r}; it has {known}")
    return options.set, folders[options.set]


@contextmanager
def _held(target: Target, path: Path) -> Iterator[None]:
    """Hold the run that the files go to, so that no two processes write there."""
    run = target.source.run if target.source else None
    if run is None or not path.resolve().is_relative_to(run.root.resolve()):
        yield
        return
    with ExitStack() as stack:
        try:
            stack.enter_context(exclusive(run))
        except UserError as error:
            raise UserError(f"{error}; --output DIR puts the files elsewhere") from error
        yield


def _asked(target: Target) -> bool:
    """Whether the model's prompts or demonstrations asked for a confidence."""
    return bool(target.style and target.style.confidence)


@contextmanager
def _reward(config: RunConfig | None, asked: bool) -> Iterator[Scorer]:
    """The reward of a run as its own evaluations use it; the default for what comes from none.

    Args:
        config: Of the run, if there is one.
        asked: Whether a model of no run was taught to state a confidence.
    """
    if config is None:
        yield CompositeReward(asked=asked)
        return
    with ExitStack() as stack:
        extra = user_rewards(config.reward)
        for function in extra:
            stack.callback(function.close)
        yield FinalReward(config.reward, extra)


def _prompts(
    options: argparse.Namespace, target: Target, data: Path, tasks: list[Task]
) -> list[str]:
    format_ = PromptFormat(options.prompt_format)
    if not format_.takes_shots:
        return prompts_of(tasks, format_)
    build = data.parent if data.is_file() else data
    training = target.source.run.data if target.source else build
    return prompts_of(tasks, format_, demonstrations(training, options.shots))


def _lengths(options: argparse.Namespace, target: Target, prompts: list[str]) -> Lengths:
    """The run's own where its prompts fit, so that its figures come out the same."""
    tokenizer = target.tokenizer()
    prompt = max(len(tokenizer.encode_prompt(text)) for text in prompts)
    completion = options.completion_tokens or COMPLETION_TOKENS
    if target.source is None:
        return Lengths(prompt, completion)
    data = target.source.config.data
    return Lengths(
        max(prompt, data.prompt_tokens), options.completion_tokens or data.completion_tokens
    )


def _request(
    options: argparse.Namespace,
    target: Target,
    tasks: list[Task],
    prompts: list[str],
    lengths: Lengths,
    dtype: str,
) -> Request:
    format_ = PromptFormat(options.prompt_format)
    config = target.source.config if target.source else None
    settings: dict[str, object] = {"max_completion_tokens": lengths.completion, "dtype": dtype}
    if format_.takes_shots:
        settings["shots"] = options.shots
    return Request(
        target.subject,
        tasks,
        prompts,
        Decoding(
            batch_size=options.batch_size
            or (config.evaluation.batch_size if config else BATCH_SIZE),
            samples=options.samples,
            temperature=options.temperature,
            sampling_seed=options.sampling_seed,
            stop=format_.stop,
        ),
        format_,
        settings,
    )


def _path(options: argparse.Namespace, target: Target, set_name: str) -> Path:
    """Where the figures go."""
    output = options.output
    if output is None and target.source:
        run = target.source.run
        output = run.evaluation if options.data else evaluation_folder(run, set_name)
    name = options.name or _default_name(options, target)
    if Path(name).name != name or name.startswith("."):
        raise UserError(f"--name {name!r} is no plain file name")
    return Path(output or "evaluation") / f"{name}.json"


def _default_name(options: argparse.Namespace, target: Target) -> str:
    parts = [target.name]
    if options.step is not None:
        parts.append(f"step-{options.step}")
    if options.data and target.source:
        build = options.data.parent if options.data.is_file() else options.data
        parts.append(f"on-{build.resolve().name}")
    if options.prompt_format == "few-shot":
        parts.append(f"{options.shots}-shot")
    elif options.prompt_format != "schema":
        parts.append(options.prompt_format)
    if options.samples:
        parts.append(f"{options.samples}-samples")
    if options.limit:
        parts.append(f"first-{options.limit}")
    return "-".join(parts)


def _present(path: Path, request: Request) -> dict[str, Any]:
    """The figures that are there, if they answer the same request."""
    summary = read_summary(path)
    wanted = {
        "model": request.subject.model,
        "seed": request.subject.seed,
        "samples": 0,
        **request.described(),
    }
    held = {"samples": 0, **summary}
    other = [key for key, value in wanted.items() if held.get(key) != value]
    if other:
        raise UserError(
            f"{str(path)!r} is there and differs in {', '.join(other)}: choose another --name, or "
            "--overwrite it"
        )
    return summary
