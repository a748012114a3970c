"""What the three commands do; `cli` reads the command line."""

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from reasoning_data.builder.build import Stream, run_build
from reasoning_data.builder.options import BuildOptions
from reasoning_data.config import cleaning_from, parse_reason, read_config
from reasoning_data.errors import DataError, Reject
from reasoning_data.inspect.html import render_page
from reasoning_data.inspect.preview import preview
from reasoning_data.inspect.terminal import show_manifest, show_preview
from reasoning_data.inspect.verify import verify
from reasoning_data.problem import Problem
from reasoning_data.rendering import PromptStyle, get_style
from reasoning_data.sources.files.raw_row import MAX_ROW_BYTES
from reasoning_data.sources.source import Source, parse_source, source_from
from reasoning_data.splitting import DEFAULT_FRACTIONS, check_fractions

CLEANING_FLAGS = ("near_threshold", "ngram", "max_prompt_tokens", "max_completion_tokens")


def build_command(args: argparse.Namespace) -> int:
    """Run `reasoning-data build`."""
    config = read_config(args.config) if args.config else {}
    sources = _sources(args, config)
    output = _choose(args.output, config, "output", "")
    if not sources or not output:
        missing = "a source" if not sources else "an output folder (-o DIR)"
        raise DataError(f"give {missing}; see reasoning-data build --help")
    _check_names(sources)
    max_row_bytes = _choose(args.max_row_bytes, config, "max_row_bytes", MAX_ROW_BYTES)
    options = _options(args, config, max_row_bytes)
    streams = [
        Stream(
            source.items(max_row_bytes=max_row_bytes),
            weight=source.weight,
            has_rationale=source.has_rationale,
            entry=source.entry,
        )
        for source in sources
    ]
    chosen = all(source.split for source in sources)
    manifest = run_build(streams, Path(output), options, chosen=chosen)
    if args.json:
        print(json.dumps(asdict(manifest), ensure_ascii=False))
    else:
        show_manifest(manifest, _console())
        print(f"{output}: manifest {manifest.sha256}")
    return 0


def inspect_command(args: argparse.Namespace) -> int:
    """Run `reasoning-data inspect`."""
    view = preview(
        args.folder, args.split, count=args.rows, start=args.start, tokenizer=args.tokenizer
    )
    if args.html:
        Path(args.html).write_text(render_page(view), encoding="utf-8")
        print(args.html)
    elif args.json:
        shown = {key: value for key, value in asdict(view).items() if key != "manifest"}
        print(json.dumps(shown, ensure_ascii=False))
    else:
        show_preview(view, _console())
    return 0


def verify_command(args: argparse.Namespace) -> int:
    """Run `reasoning-data verify`; a folder that differs is wrong input, exit code 2."""
    findings = verify(args.folder)
    if args.json:
        print(json.dumps({"ok": not findings, "findings": findings}, ensure_ascii=False))
    elif not findings:
        print(f"{args.folder}: every file is what the manifest says")
    for finding in findings if not args.json else ():
        print(f"{args.folder}: {finding}", file=sys.stderr)
    return 2 if findings else 0


def _sources(args: argparse.Namespace, config: Mapping[str, Any]) -> list[Source]:
    defaults = {
        name: value
        for name, value in (
            ("question", args.question_field),
            ("answer", args.answer_field),
            ("rationale", args.rationale_field),
            ("id", args.id_field),
            ("license", args.license),
        )
        if value is not None
    }
    if args.sources:
        return [parse_source(text, defaults) for text in args.sources]
    return [source_from(_table(found)) for found in config.get("source", [])]


def _check_names(sources: Iterable[Source]) -> None:
    names = [source.name for source in sources]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise DataError(f"two sources are named {twice!r}; name one of them with ,name=OTHER")


def _options(
    args: argparse.Namespace, config: Mapping[str, Any], max_row_bytes: int
) -> BuildOptions:
    workers = _choose(args.workers, config, "workers", 1)
    return BuildOptions(
        style=_style(args, config),
        fractions=check_fractions(
            _parse_fractions(args.fractions)
            if args.fractions
            else config.get("fractions", DEFAULT_FRACTIONS)
        ),
        seed=_choose(args.seed, config, "seed", 0),
        cleaning=cleaning_from(_cleaning(args, config)),
        tokenizer=_choose(args.tokenizer, config, "tokenizer", ""),
        file_format=_choose(args.format, config, "format", "parquet"),
        messages=_choose(args.messages, config, "messages", True),
        workers=workers or os.cpu_count() or 1,
        overwrite=_choose(args.overwrite, config, "overwrite", False),
        strict=_choose(args.strict, config, "strict", False),
        progress=sys.stderr.isatty(),
        against=_against(args, config, max_row_bytes),
    )


def _style(args: argparse.Namespace, config: Mapping[str, Any]) -> PromptStyle:
    style = get_style(_choose(args.style, config, "style", "gemma"))
    for field in ("instructions", "confidence"):
        value = _choose(getattr(args, field), config, field, None)
        if value is not None:
            style = dataclasses.replace(style, **{field: value})
    return style


def _cleaning(args: argparse.Namespace, config: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(config.get("cleaning", {}))
    values |= {
        name: getattr(args, name) for name in CLEANING_FLAGS if getattr(args, name) is not None
    }
    if args.ignore_numbers:
        values["numbers_matter"] = False
    if args.report or args.drop:
        default = cleaning_from(values).report_only
        report = default | {parse_reason(name) for name in args.report}
        values["report_only"] = sorted(report - {parse_reason(name) for name in args.drop})
    return values


def _against(
    args: argparse.Namespace, config: Mapping[str, Any], max_row_bytes: int
) -> dict[str, list[Problem]]:
    if args.against:
        sources = [parse_source(text, {}) for text in args.against]
    else:
        sources = [source_from(_table(found)) for found in config.get("against", [])]
    _check_names(sources)
    return {source.name: _whole(source, max_row_bytes) for source in sources}


def _whole(source: Source, max_row_bytes: int) -> list[Problem]:
    """All problems of an evaluation set; a row less would hide what was drawn from it."""
    problems = []
    for item in source.items(max_row_bytes=max_row_bytes):
        if isinstance(item, Reject):
            raise DataError(f"evaluation set, {item.origin}: {item.reason}: {item.detail}")
        problems.append(item.problem)
    return problems


def _table(found: Any) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        raise DataError(f"a source must be a table with kind and location: {found!r}")
    return found


def _parse_fractions(text: str) -> dict[str, float]:
    try:
        return {name: float(share) for name, share in (p.split("=") for p in text.split(","))}
    except ValueError as error:
        raise DataError(f"fractions look like sft=0.45,grpo=0.45,eval=0.1: {text!r}") from error


def _choose(flag: Any, config: Mapping[str, Any], key: str, default: Any) -> Any:
    return flag if flag is not None else config.get(key, default)


def _console() -> Console:
    # Piped, lines are not wrapped to a terminal's width and carry no colours.
    return Console(width=None if sys.stdout.isatty() else 100, highlight=False)
