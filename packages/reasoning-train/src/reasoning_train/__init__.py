"""Supervised fine-tuning and GRPO for small reasoning models with Tunix, bounded by the clock."""

from reasoning_train.config import RunConfig, load_config
from reasoning_train.errors import UserError

__all__ = ["RunConfig", "UserError", "load_config"]
