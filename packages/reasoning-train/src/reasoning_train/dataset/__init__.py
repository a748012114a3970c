"""The data of a run: its sources or a finished build, and what is held out from training."""
