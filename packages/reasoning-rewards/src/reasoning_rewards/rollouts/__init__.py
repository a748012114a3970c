"""Rollout files: their formats, the fields that other programs name otherwise, and their rows."""
