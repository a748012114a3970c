"""A run's sources and numbers, as configurations of builds of `reasoning-data`."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from reasoning_data import BuildConfig, Cleaning, DataError, Source
from reasoning_data.sources.kinds import ARITHMETIC, GYM
from reasoning_data.sources.source import STDIN, parse_source
from reasoning_data.sources.word_problems import distinct_problems
from reasoning_data.splitting import Split
from reasoning_train.config import RunConfig
from reasoning_train.config.schema import DataSection
from reasoning_train.errors import UserError

HELD_OUT_SEED = 0
"""Runs of different seeds are evaluated on the same problems."""

Wanted = Mapping[str, int]
"""Number of problems by split."""


def wanted(config: RunConfig) -> Wanted:
    """Return how many problems of each split the sources are to give at most.

    Problems for validation come on top of GRPO's. Named evaluation sets are apart from the sources,
    of which nothing is held out then.
    """
    data = config.data
    return {
        Split.SFT.value: data.sft_problems,
        Split.GRPO.value: data.grpo_problems + config.validation.problems,
        Split.EVAL.value: 0 if data.evaluations else data.eval_problems,
    }


def training_sources(config: RunConfig) -> tuple[Source, ...]:
    """Return `data.sources` as the run's build reads them.

    Raises:
        UserError: A source cannot be understood.
    """
    numbers = wanted(config)
    parsed = [_parse("data.sources", text) for text in config.data.sources]
    return tuple(part for source in parsed for part in _parts(source, numbers, config.seed))


def evaluation_sources(data: DataSection) -> dict[str, Source]:
    """Return the source of each named evaluation set, all of whose rows are held out.

    Raises:
        UserError: A source cannot be understood.
    """
    return {
        name: _evaluation(name, _parse(f"data.evaluations {name}", text), data.eval_problems)
        for name, text in data.named_evaluations.items()
    }


def training_build(config: RunConfig, tokenizer: Path) -> BuildConfig:
    """Return the build that `data.sources` ask for, cleaned against every evaluation set.

    Args:
        config: The configuration of the run.
        tokenizer: Tokenizer of the base model, which counts the lengths.

    Raises:
        UserError: A source cannot be understood.
    """
    numbers = wanted(config)
    total = sum(numbers.values())
    return _build(
        config,
        tokenizer,
        sources=training_sources(config),
        against=tuple(evaluation_sources(config.data).values()),
        fractions={split: number / total for split, number in numbers.items()},
        caps=numbers,
    )


def evaluation_build(config: RunConfig, source: Source, tokenizer: Path) -> BuildConfig:
    """Return the build of one evaluation set; see `training_build`."""
    return _build(
        config, tokenizer, sources=(source,), caps={Split.EVAL.value: config.data.eval_problems}
    )


def _build(config: RunConfig, tokenizer: Path, **options: object) -> BuildConfig:
    data = config.data
    values = {
        "style": data.style,
        "confidence": data.confidence,
        "seed": config.seed,
        "held_out_seed": HELD_OUT_SEED,
        "tokenizer": str(tokenizer),
        "cleaning": Cleaning(
            max_prompt_tokens=data.prompt_tokens, max_completion_tokens=data.completion_tokens
        ),
        "messages": False,
        **options,
    }
    try:
        return BuildConfig.parse(values)
    except DataError as error:
        raise UserError(str(error)) from error


def _parse(setting: str, text: str) -> Source:
    try:
        source = parse_source(text, {})
    except DataError as error:
        raise UserError(f"{setting}: {error}") from error
    if source.location == STDIN:
        raise UserError(
            f"{setting}: a run cannot read standard input again when it continues; save it to a "
            "file and name that"
        )
    return source


def _parts(source: Source, numbers: Wanted, seed: int) -> Iterator[Source]:
    """Yield a source as a run reads it.

    A file is divided among the splits by the hash of each question. The generator of word problems
    draws as many as are wanted, or as it has, first for SFT, then for GRPO, and from its other side
    what is held out.
    """
    given = source.model_fields_set
    if source.kind == GYM:
        drawn = {"limit": source.limit or sum(numbers.values())}
        yield source.model_copy(update=drawn | ({} if "seed" in given else {"seed": seed}))
        return
    if source.kind != ARITHMETIC:
        yield source
        return
    own = source.model_copy(update={} if "seed" in given else {"seed": seed})
    most = source.limit or distinct_problems(source.steps) - source.skip
    if source.split:
        yield own.model_copy(update={"limit": source.limit or min(most, numbers[source.split])})
        return
    training = numbers[Split.SFT] + numbers[Split.GRPO]
    share = min(1.0, most / training)
    place = source.skip
    for split in (Split.SFT, Split.GRPO):
        count = round(share * numbers[split])
        if count:
            yield _part(own, split, skip=place, limit=count)
        place += count
    if numbers[Split.EVAL]:
        yield _part(
            own,
            Split.EVAL,
            limit=min(most, numbers[Split.EVAL]),
            skip=0,
            seed=HELD_OUT_SEED,
            held_out=not source.held_out,
        )


def _part(source: Source, split: Split, **changes: object) -> Source:
    name = f"{source.name}-{split}"
    return source.model_copy(update={"name": name, "split": split.value, **changes})


def _evaluation(name: str, source: Source, most: int) -> Source:
    """Return the source of an evaluation set; of a generator, its held-out side."""
    changes: dict[str, object] = {"name": name, "split": Split.EVAL.value}
    if source.kind == GYM:
        changes["limit"] = source.limit or most
    if source.kind == ARITHMETIC:
        changes["limit"] = source.limit or min(most, distinct_problems(source.steps))
    if source.kind == ARITHMETIC and "held_out" not in source.model_fields_set:
        changes["held_out"] = True
    return source.model_copy(update=changes)
