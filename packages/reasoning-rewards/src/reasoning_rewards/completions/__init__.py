"""Completions in a schema: from text to a `Trace` of its parts, and back."""
