"""Cache folder of converted and merged models."""

import os
from pathlib import Path


def cache_root() -> Path:
    """Return the cache folder, shared by all runs of this user."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "reasoning-train" / "models"
