"""Training on a finished build of `reasoning-data`, as it is."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reasoning_data import Build, DataError, Manifest, find_overlaps, open_build, read_problems
from reasoning_data.checks.token_counter import TokenCounter, load_tokens, tokenizer_sha256
from reasoning_data.rendering import PromptStyle, get_style
from reasoning_data.splitting import Split
from reasoning_train.config.schema import DataSection
from reasoning_train.dataset.sources import evaluation_sources
from reasoning_train.durable import move, sync_tree
from reasoning_train.errors import UserError


@dataclass(frozen=True, slots=True)
class _Length:
    """Length in tokens of one text of a build."""

    setting: str
    row: str
    tokens: int


def open_finished(data: DataSection, *, remote: bool = True) -> Build:
    """Open `data.build` and check all that needs no tokenizer.

    Args:
        data: The data of the run.
        remote: Also compare it with evaluation sets that have to be downloaded.

    Raises:
        UserError: It is no build or was changed, its prompts are in another style, a split is
            empty, or it was trained on what is held out.
    """
    try:
        build = open_build(data.build)
        _check_style(build, data)
        _check_splits(build.manifest, data)
        sets = {
            name: read_problems(source)
            for name, source in evaluation_sources(data).items()
            if remote or not source.is_hub
        }
        overlaps = find_overlaps(build, sets)
    except DataError as error:
        raise UserError(f"data.build {data.build!r}: {error}") from error
    if overlaps:
        found = overlaps[0]
        source = data.named_evaluations[found.name]
        raise UserError(
            f"data.build {data.build!r}: {found.count} training rows repeat questions of the "
            f"evaluation set {found.name!r} (first {found.first!r}: {found.detail}); build it "
            f"again with --against {source}"
        )
    return build


def check_tokens(build: Build, data: DataSection, tokenizer: Path) -> None:
    """Check that the rows of a build fit the run's lengths, in tokens of the run's tokenizer.

    Raises:
        UserError: They do not, or the build was made for another tokenizer.
    """
    made_for = build.manifest.config.get("tokenizer")
    if made_for and made_for["sha256"] != tokenizer_sha256(str(tokenizer)):
        raise UserError(
            f"data.build {data.build!r} was made for another tokenizer, {made_for['name']!r}; "
            "build it again with the tokenizer of this model, or without --tokenizer"
        )
    limits = {
        "prompt_tokens": data.prompt_tokens,
        "completion_tokens": data.completion_tokens,
    }
    long = [
        found
        for found in _lengths(build, load_tokens(str(tokenizer)))
        if found.tokens > limits[found.setting]
    ]
    if long:
        worst = max(long, key=lambda found: found.tokens / limits[found.setting])
        flag = f"--data.{worst.setting.replace('_', '-')} {worst.tokens}"
        raise UserError(
            f"data.build {data.build!r}: {len(long)} of its texts do not fit, the longest that of "
            f"{worst.row!r} with {worst.tokens} tokens, {limits[worst.setting]} are allowed: give "
            f"{flag}, or build it again with --max-{worst.setting.replace('_', '-')} "
            f"{limits[worst.setting]} and this model's --tokenizer"
        )


def take_over(build: Build, into: Path) -> Manifest:
    """Copy a build into a run, whole or not at all, and return its manifest."""
    beside = into.with_name(f".{into.name}.copying")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(build.folder, beside)
    sync_tree(beside)
    move(beside, into)
    return build.manifest


def _check_style(build: Build, data: DataSection) -> None:
    wanted = get_style(data.style, data.confidence)
    if build.style == wanted:
        return
    flags = []
    if build.style.name != wanted.name:
        flags.append(f"--data.style {build.style.name}")
    if build.style.confidence != wanted.confidence:
        flags.append(f"--data.confidence {str(build.style.confidence).lower()}")
    made_so = f"--style {wanted.name}{'' if wanted.confidence else ' --no-confidence'}"
    if not flags:
        raise DataError(
            f"its prompts have instructions or endings other than those of the style "
            f"{wanted.name!r}; build it again with {made_so} and without --instructions"
        )
    raise DataError(
        f"its prompts are in the style {_named(build.style)}, the run's in {_named(wanted)}: give "
        f"{' '.join(flags)}, or build it again with {made_so}"
    )


def _named(style: PromptStyle) -> str:
    return f"{style.name!r} {'with' if style.confidence else 'without'} confidence"


def _check_splits(manifest: Manifest, data: DataSection) -> None:
    needed = [Split.SFT, Split.GRPO, *([] if data.evaluations else [Split.EVAL])]
    empty = [split.value for split in needed if not manifest.splits.get(split)]
    if not empty:
        return
    remedy = (
        "name a set that is held out with --data.evaluations NAME=SOURCE"
        if empty == [Split.EVAL]
        else "build it again with other --fractions or more sources"
    )
    raise DataError(f"its split {empty[0]!r} has no rows; {remedy}")


def _lengths(build: Build, counter: TokenCounter) -> Iterator[_Length]:
    """Yield the lengths of all prompts and completions, `<bos>` and the stop token counted."""
    for split in (Split.SFT, Split.GRPO, Split.EVAL):
        for row in build.rows(split):
            yield _Length("prompt_tokens", row["id"], 1 + counter.count(row["prompt"]))
            if split is Split.SFT:
                text = row["completion"].removesuffix(build.style.stop)
                yield _Length("completion_tokens", row["id"], 1 + counter.count(text))
