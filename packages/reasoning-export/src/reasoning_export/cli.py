"""`reasoning-export`: from a run directory to what others load."""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from reasoning_export.errors import ExportError

EXAMPLES = """\
examples:
  reasoning-export safetensors runs/tiny out/tiny      merged weights for transformers
  reasoning-export adapter runs/tiny out/adapter       the LoRA alone, for peft
  reasoning-export orbax runs/tiny out/orbax           actor/<step>/model_params, for Tunix
  reasoning-export verify out/tiny                     reopen and check an export
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exits 2 on wrong input."""
    options = _parser().parse_args(arguments)
    logging.getLogger("absl").setLevel(logging.ERROR)
    try:
        result = options.run(options)
    except ExportError as error:
        print(f"reasoning-export: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    if options.json:
        print(json.dumps(result))
    else:
        for line in result["checks"]:
            print(f"✓ {line}")
        print(f"{result['kind']}: {result['path']}")


def _safetensors(options: argparse.Namespace) -> dict[str, object]:
    from reasoning_export.safetensors_export import export_safetensors

    out = export_safetensors(
        options.run_dir, options.out, base=options.base, shard_bytes=options.shard_bytes
    )
    return _verify_result(out)


def _adapter(options: argparse.Namespace) -> dict[str, object]:
    from reasoning_export.adapter_export import export_adapter

    return _verify_result(export_adapter(options.run_dir, options.out, base=options.base))


def _orbax(options: argparse.Namespace) -> dict[str, object]:
    from reasoning_export.orbax_export import export_orbax

    return _verify_result(export_orbax(options.run_dir, options.out, base=options.base))


def _verify(options: argparse.Namespace) -> dict[str, object]:
    return _verify_result(options.out, options.run_dir)


def _verify_result(out: Path, run: Path | None = None) -> dict[str, object]:
    from reasoning_export.verification import verify

    verified = verify(out, run)
    return {"path": str(out), "kind": str(verified.kind), "checks": list(verified.checks)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="reasoning-export",
        description="Turn a run directory into checkpoints that others can load.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
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
    check = commands.add_parser("verify", help="reopen an export and check everything in it")
    check.add_argument("out", type=Path, metavar="OUT", help="the export")
    check.add_argument(
        "--run",
        type=Path,
        dest="run_dir",
        help="also check that it is this run's newest checkpoint",
    )
    check.add_argument("--json", action="store_true", help="one JSON object on stdout")
    check.set_defaults(run=_verify)
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_dir", type=Path, metavar="RUN", help="the run directory")
    parser.add_argument("out", type=Path, metavar="OUT", help="a new or empty folder")
    parser.add_argument("--base", type=Path, help="the base model's folder, if it has moved")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
