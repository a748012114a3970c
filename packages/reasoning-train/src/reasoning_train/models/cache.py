"""Where models that were converted or merged are kept."""

import os
from pathlib import Path


def cache_root() -> Path:
    """One folder for all runs of this user."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "reasoning-train" / "models"
