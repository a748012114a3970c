"""The `reasoning-export` command, which turns a run directory into loadable checkpoints."""

import argparse
import errno
import json
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from io import UnsupportedOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from rich.markup import escape

from reasoning_export.errors import ExportError, UploadError
from reasoning_export.kaggle.kernel_metadata import BASE_MODEL

if TYPE_CHECKING:
    from reasoning_export.inputs.checkpoint_finder import Wanted
    from reasoning_export.kaggle.kernel_folder import KernelFolder

EXAMPLES = """\
examples:
  reasoning-export safetensors runs/tiny-1 out/tiny    merged weights for transformers
  reasoning-export adapter runs/tiny-1 out/adapter     the LoRA alone, for peft
  reasoning-export orbax runs/tiny-1 out/orbax         actor/<step>/model_params, for Tunix
  reasoning-export gguf runs/tiny-1 out/gguf --precision q8_0
  reasoning-export kaggle runs/tiny-1 out/kaggle --owner YOUR-NAME --upload
  reasoning-export hub runs/tiny-1 YOUR-NAME/MODEL     a private repository on the Hugging Face Hub
  reasoning-export kernel out/kernels --owner YOUR-NAME  notebooks and wheels to push to Kaggle
  reasoning-export verify out/tiny                     reopen and check an export
"""


ENVIRONMENT = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EEXIST,
    errno.EFBIG,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}
"""Errors of the file system that the user can mend, by choosing another place for example."""

KINDS = ["safetensors", "adapter", "orbax", "gguf"]
KAGGLE_OPTIONS = {
    "owner": "your name on Kaggle (default: KAGGLE_USERNAME)",
    "model": "slug of the model",
    "variation": "slug of the variation",
    "title": "title of the model's page",
    "license": "one of Kaggle's licence names (default: Apache 2.0)",
    "base-model": "the base on Kaggle: owner/model/framework/variation",
    "base-url": "the base model elsewhere",
    "notes": "what is new in this version",
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong, without the usage; the commands of `prog` inherit this."""
        print(f"reasoning-export: {message}; see {self.prog} --help", file=sys.stderr)
        raise SystemExit(2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exit with status 2 if the input is wrong."""
    options = _parser().parse_args(arguments)
    logging.getLogger("absl").setLevel(logging.ERROR)
    try:
        result = options.run(options)
        if options.json:
            print(json.dumps(result))
        else:
            _show(result)
        sys.stdout.flush()  # a full disk or a closed pipe shows here, not after the end
    except (ExportError, UploadError) as error:
        print(f"reasoning-export: {error}", file=sys.stderr)
        raise SystemExit(2 if isinstance(error, ExportError) else 1) from None
    except BrokenPipeError:  # the reader of our output has seen enough
        _discard_output()
    except OSError as error:
        _discard_output()
        place = error.filename or str(options.out)
        print(f"reasoning-export: {error.strerror}: {place!r}", file=sys.stderr)
        raise SystemExit(2 if error.errno in ENVIRONMENT else 1) from None
    except KeyboardInterrupt:
        print(f"reasoning-export: interrupted; {str(options.out)!r} is as it was", file=sys.stderr)
        raise SystemExit(130) from None


def _discard_output() -> None:
    """Discard buffered output, so that the interpreter's final flush does not fail again."""
    with suppress(UnsupportedOperation):  # not a file, but something that Python put there
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show(result: dict[str, Any]) -> None:
    from rich.console import Console

    console, errors = Console(highlight=False), Console(stderr=True, highlight=False)
    for line in result.get("warnings", []):
        errors.print(f"[yellow]warning:[/] {escape(line)}", soft_wrap=True)
    for line in result["checks"]:
        console.print(f"[green]ok[/] {escape(line)}", soft_wrap=True)
    if "uploaded" in result:
        console.print(f"uploaded as {escape(result['uploaded'])}", soft_wrap=True)
    console.print(f"{result['kind']}: {escape(result['path'])}", soft_wrap=True)
    for line in result.get("next", []):
        console.print(f"next: {escape(line)}", soft_wrap=True)


def _safetensors(options: argparse.Namespace) -> dict[str, Any]:
    from reasoning_export.formats.merged import export_safetensors

    if options.shard_bytes < 1:
        raise ExportError(f"--shard-bytes {options.shard_bytes} must be at least 1")
    out = export_safetensors(
        options.run_dir,
        options.out,
        base=options.base,
        wanted=_wanted(options),
        shard_bytes=options.shard_bytes,
    )
    return _verify_result(out)


def _adapter(options: argparse.Namespace) -> dict[str, Any]:
    from reasoning_export.formats.adapter import export_adapter

    return _verify_result(
        export_adapter(options.run_dir, options.out, base=options.base, wanted=_wanted(options))
    )


def _orbax(options: argparse.Namespace) -> dict[str, Any]:
    from reasoning_export.formats.orbax import export_orbax

    return _verify_result(
        export_orbax(options.run_dir, options.out, base=options.base, wanted=_wanted(options))
    )


def _gguf(options: argparse.Namespace) -> dict[str, Any]:
    from reasoning_export.formats.gguf import Precision, export_gguf

    out = export_gguf(
        options.run_dir,
        options.out,
        Precision(options.precision),
        base=options.base,
        wanted=_wanted(options),
    )
    return _verify_result(out)


def _kaggle(options: argparse.Namespace) -> dict[str, Any]:
    from reasoning_export.card.provenance import Kind
    from reasoning_export.inputs.run_directory import Run
    from reasoning_export.kaggle.model_folder import (
        Wishes,
        make_target,
        stage_kaggle,
        staged_before,
    )
    from reasoning_export.kaggle.upload import check_ready, upload

    kind = Kind(options.kind)
    wishes = Wishes(
        owner=options.owner,
        model=options.model,
        variation=options.variation,
        title=options.title,
        licence=options.license,
        base=options.base_model,
        base_url=options.base_url,
    )
    warned: list[str] = []
    target = make_target(Run.open(options.run_dir, options.base, _wanted(options)), kind, wishes)
    if options.upload:
        check_ready(target)
    if not (options.upload and staged_before(options.run_dir, options.out, target)):
        made = stage_kaggle(
            options.run_dir, options.out, kind, wishes, base=options.base, wanted=_wanted(options)
        )
        warned += made.warnings
    result = _verify_result(options.out)
    result["warnings"] += warned
    return result | ({"uploaded": upload(options.out, options.notes)} if options.upload else {})


def _hub(options: argparse.Namespace) -> dict[str, Any]:
    from reasoning_export.card.provenance import Kind
    from reasoning_export.formats.gguf import Precision
    from reasoning_export.hub.repository import Repository
    from reasoning_export.hub.staging import default_folder, stage_hub
    from reasoning_export.hub.upload import check_ready, upload
    from reasoning_export.inputs.run_directory import Run

    kind, precision = Kind(options.kind), Precision(options.precision)
    repository = Repository.parse(options.repository)
    run = Run.open(options.run_dir, options.base, _wanted(options))
    options.out = options.out or default_folder(run, kind, precision)
    check_ready(repository)
    stage_hub(run, kind, precision, options.out)
    result = _verify_result(options.out)
    made = upload(options.out, repository, public=options.public, message=options.message)
    return result | {"uploaded": made}


def _wanted(options: argparse.Namespace) -> "Wanted":
    from reasoning_export.inputs.checkpoint_finder import Stage, Wanted

    return Wanted(Stage(options.stage), options.step)


def _kernel(options: argparse.Namespace) -> dict[str, Any]:
    from reasoning_export.kaggle.kernel_folder import KernelWishes, build_kernels

    owner = options.owner or os.environ.get("KAGGLE_USERNAME", "")
    if not owner:
        raise ExportError("no owner is known; give --owner, your name on Kaggle")
    wishes = KernelWishes(owner, options.base_model, tuple(options.data), options.cpu)
    made = build_kernels(options.out, options.repository, wishes, options.wheels)
    return _kernel_result(options.out, made)


def _kernel_result(out: Path, made: "KernelFolder") -> dict[str, Any]:
    return {
        "path": str(out),
        "kind": "kernels",
        "checks": list(made.checks),
        "next": list(made.steps),
        "warnings": list(made.warnings),
    }


def _verify(options: argparse.Namespace) -> dict[str, Any]:
    from reasoning_export.kaggle.kernel_folder import check_kernels, is_kernel_folder

    if is_kernel_folder(options.out):
        return _kernel_result(options.out, check_kernels(options.out))
    return _verify_result(options.out, options.run_dir, options.base)


def _verify_result(out: Path, run: Path | None = None, base: Path | None = None) -> dict[str, Any]:
    from reasoning_export.verification import verify

    verified = verify(out, run, base)
    return {
        "path": str(out),
        "kind": str(verified.kind),
        "checks": list(verified.checks),
        "warnings": list(verified.warnings),
    }


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="reasoning-export",
        description="Turn a run directory into checkpoints that others can load.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {version('reasoning-export')}"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    merged = commands.add_parser("safetensors", help="merged weights in Hugging Face layout")
    _add_run(merged)
    merged.add_argument(
        "--shard-bytes", type=int, default=2_000_000_000, help="where a weights file ends"
    )
    merged.set_defaults(run=_safetensors)
    adapter = commands.add_parser("adapter", help="the LoRA alone, for peft")
    _add_run(adapter)
    adapter.set_defaults(run=_adapter)
    orbax = commands.add_parser("orbax", help="actor/<step>/model_params, as Tunix restores it")
    _add_run(orbax)
    orbax.set_defaults(run=_orbax)
    gguf = commands.add_parser("gguf", help="one file for llama.cpp")
    _add_run(gguf)
    gguf.add_argument("--precision", choices=["f16", "q8_0"], default="f16")
    gguf.set_defaults(run=_gguf)
    kaggle = commands.add_parser("kaggle", help="stage for Kaggle, and upload")
    _add_run(kaggle)
    kaggle.add_argument(
        "--kind",
        choices=KINDS,
        default=KINDS[0],
        help="what to export (default: safetensors)",
    )
    for name, text in KAGGLE_OPTIONS.items():
        kaggle.add_argument(f"--{name}", default="", metavar="TEXT", help=text)
    kaggle.add_argument("--upload", action="store_true", help="upload when it is staged")
    kaggle.set_defaults(run=_kaggle)
    hub = commands.add_parser("hub", help="export, and upload to the Hugging Face Hub")
    _add_hub(hub)
    _add_kernel(commands.add_parser("kernel", help="notebooks and wheels, ready to push to Kaggle"))
    check = commands.add_parser("verify", help="reopen an export and check everything in it")
    check.add_argument("out", type=Path, metavar="OUT", help="the export")
    check.add_argument(
        "--run",
        type=Path,
        dest="run_dir",
        help="also check that it is this run's newest checkpoint",
    )
    check.add_argument(
        "--base",
        type=Path,
        metavar="FOLDER",
        help="also check that it was made from this base model",
    )
    check.add_argument("--json", action="store_true", help="one JSON object on stdout")
    check.set_defaults(run=_verify)
    return parser


def _add_hub(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Export a run and upload it in one commit to a repository that is private when it is new. "
        "After an interruption, the same command sends what is missing."
    )
    parser.add_argument("run_dir", type=Path, metavar="RUN", help="the run directory")
    parser.add_argument("repository", metavar="OWNER/NAME", help="the repository on the Hub")
    parser.add_argument("--kind", choices=KINDS, default=KINDS[0], help=f"(default: {KINDS[0]})")
    parser.add_argument("--precision", choices=["f16", "q8_0"], default="f16", help="of GGUF")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="the export (default: in RUN/export)"
    )
    parser.add_argument(
        "--public", action="store_true", help="make the repository public when all is there"
    )
    parser.add_argument("--message", default="", metavar="TEXT", help="of the commit")
    _add_choice(parser)
    parser.set_defaults(run=_hub)


def _add_kernel(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Build the wheels of a checkout and lay them and its notebooks out for a TPU v5e-8 on "
        "Kaggle. Do a dry run first: --cpu needs no quota and trains the tiny model."
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="a new or empty folder")
    parser.add_argument(
        "--owner", default="", help="your name on Kaggle (default: KAGGLE_USERNAME)"
    )
    parser.add_argument(
        "--repository", type=Path, default=Path(), help="the checkout (default: this folder)"
    )
    parser.add_argument("--wheels", type=Path, help="folder of wheels built already")
    parser.add_argument(
        "--base-model",
        default=BASE_MODEL,
        metavar="MODEL",
        help=f"owner/model/framework/variation/version on Kaggle (default: {BASE_MODEL})",
    )
    parser.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="OWNER/SLUG",
        help="a data set to attach, such as one with GSM8K's files (default: it is downloaded)",
    )
    parser.add_argument("--cpu", action="store_true", help="a dry run: no TPU, no base model")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.set_defaults(run=_kernel)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_dir", type=Path, metavar="RUN", help="the run directory")
    parser.add_argument("out", type=Path, metavar="OUT", help="a new or empty folder")
    _add_choice(parser)


def _add_choice(parser: argparse.ArgumentParser) -> None:
    """Which weights of the run, and how to report."""
    parser.add_argument("--base", type=Path, help="the base model's folder, if it has moved")
    parser.add_argument(
        "--stage",
        choices=["best", "grpo", "sft"],
        default="best",
        help="best: GRPO's checkpoint that validation chose, else its last, else SFT's (default); "
        "grpo: GRPO's last; sft: the weights before GRPO",
    )
    parser.add_argument(
        "--step", type=int, metavar="N", help="of that stage (default: the newest that is whole)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
