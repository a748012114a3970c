"""A slow machine is no failure: a timing is a benchmark, not a test."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
