"""Run directory: everything that a run writes to disk, and the code that reads it back."""
