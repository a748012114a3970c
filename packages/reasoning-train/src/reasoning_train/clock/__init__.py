"""Wall-clock budget of a run: the share of each stage, and learning rates that follow it."""
