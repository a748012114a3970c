"""Implementation of the three commands; `cli` parses the command line."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console

from reasoning_data.builder.from_config import build
from reasoning_data.checks.cleaning import Cleaning
from reasoning_data.config import BuildConfig, read_config
from reasoning_data.errors import DataError, Reason
from reasoning_data.inspect.html import render_page
from reasoning_data.inspect.preview import preview
from reasoning_data.inspect.terminal import show_manifest, show_preview
from reasoning_data.inspect.verify import verify
from reasoning_data.sources.source import parse_source

T = TypeVar("T")

CLEANING_FLAGS = ("near_threshold", "ngram", "max_prompt_tokens", "max_completion_tokens")
BUILD_FLAGS = (
    "style", "instructions", "confidence", "seed", "held_out_seed", "tokenizer", "format",
    "messages", "workers", "overwrite", "strict", "max_row_bytes",
)  # fmt: skip
FIELD_FLAGS = ("question", "answer", "rationale", "id")


def build_command(args: argparse.Namespace) -> int:
    """Run `reasoning-data build`."""
    values, output = read_config(args.config) if args.config else ({}, "")
    values |= _flags(args, values)
    output = args.output or output
    if not values.get("sources") or not output:
        missing = "an output folder (-o DIR)" if values.get("sources") else "a source"
        raise DataError(f"give {missing}; see reasoning-data build --help")
    manifest = build(BuildConfig.parse(values), output)
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
    """Run `reasoning-data verify`; a folder that differs from its manifest exits with code 2."""
    findings = verify(args.folder)
    if args.json:
        print(json.dumps({"ok": not findings, "findings": findings}, ensure_ascii=False))
    elif not findings:
        print(f"{args.folder}: every file is what the manifest says")
    for finding in findings if not args.json else ():
        print(f"{args.folder}: {finding}", file=sys.stderr)
    return 2 if findings else 0


def _flags(args: argparse.Namespace, below: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options given as flags, which override those of the configuration file."""
    values = {name: getattr(args, name) for name in BUILD_FLAGS if getattr(args, name) is not None}
    values["progress"] = sys.stderr.isatty()
    if args.sources:
        fields = {name: getattr(args, f"{name}_field") for name in FIELD_FLAGS}
        given = {k: v for k, v in {**fields, "license": args.license}.items() if v is not None}
        values["sources"] = [parse_source(text, given) for text in args.sources]
    if args.against:
        values["against"] = args.against
    if args.fractions:
        values["fractions"] = _by_split(
            args.fractions, float, "fractions as sft=0.45,grpo=0.45,eval=0.1"
        )
    if args.caps:
        values["caps"] = _by_split(args.caps, int, "caps as sft=2000,grpo=4000")
    if cleaning := _cleaning_flags(args, below.get("cleaning", {})):
        values["cleaning"] = cleaning
    return values


def _cleaning_flags(args: argparse.Namespace, below: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: getattr(args, name) for name in CLEANING_FLAGS}
    values = {**below, **{name: value for name, value in given.items() if value is not None}}
    if args.ignore_numbers:
        values["numbers_matter"] = False
    if args.report or args.drop:
        kept = Cleaning.parse(values).report_only | set(map(_parse_reason, args.report))
        values["report_only"] = kept - set(map(_parse_reason, args.drop))
    return values


def _parse_reason(name: str) -> Reason:
    if name not in set(Reason):
        raise DataError(f"no reason {name!r}; reasons are {', '.join(Reason)}")
    return Reason(name)


def _by_split(text: str, number: Callable[[str], T], example: str) -> dict[str, T]:
    """Parse one number for each split."""
    try:
        return {name: number(value) for name, value in (p.split("=") for p in text.split(","))}
    except ValueError as error:
        raise DataError(f"write {example}: {text!r}") from error


def _console() -> Console:
    # Piped, lines are not wrapped to a terminal's width and carry no colours.
    return Console(width=None if sys.stdout.isatty() else 100, highlight=False)
