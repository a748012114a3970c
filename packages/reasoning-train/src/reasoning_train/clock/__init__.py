"""The wall-clock budget of a run: how stages share it, and how learning rates follow it."""
