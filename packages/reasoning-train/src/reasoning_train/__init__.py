"""Supervised fine-tuning and GRPO for small reasoning models with Tunix, bounded by the clock."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reasoning_train.config import RunConfig, load_config
    from reasoning_train.errors import UserError
    from reasoning_train.running import run

__all__ = ["RunConfig", "UserError", "load_config", "run"]

_HOMES = {"RunConfig": "config", "load_config": "config", "UserError": "errors", "run": "running"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for: the command must listen to signals first."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
