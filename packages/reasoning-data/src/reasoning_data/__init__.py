"""Reasoning data from raw rows to training files with a manifest."""
