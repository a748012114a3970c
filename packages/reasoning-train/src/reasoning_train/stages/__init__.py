"""The stages of a run. Each reads what the one before it left on disk and leaves its own."""
