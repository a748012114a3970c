"""Reasoning data: from raw rows to training files with a manifest."""

from reasoning_data.builder.build import prepare_training_data
from reasoning_data.builder.from_config import build, read_problems
from reasoning_data.checks.cleaning import Cleaning
from reasoning_data.config import BuildConfig
from reasoning_data.errors import DataError
from reasoning_data.inspect.opened import Build, open_build
from reasoning_data.inspect.overlap import Overlap, find_overlaps
from reasoning_data.inspect.read_build import read_examples, read_tasks
from reasoning_data.inspect.verify import verify
from reasoning_data.manifest import Manifest, read_manifest
from reasoning_data.problem import Example, Problem, Task
from reasoning_data.rendering import STYLES, PromptStyle, render_completion, render_prompt
from reasoning_data.sources.location import load_gsm8k
from reasoning_data.sources.source import Source
from reasoning_data.sources.word_problems import generate_arithmetic

__all__ = [
    "STYLES",
    "Build",
    "BuildConfig",
    "Cleaning",
    "DataError",
    "Example",
    "Manifest",
    "Overlap",
    "Problem",
    "PromptStyle",
    "Source",
    "Task",
    "build",
    "find_overlaps",
    "generate_arithmetic",
    "load_gsm8k",
    "open_build",
    "prepare_training_data",
    "read_examples",
    "read_manifest",
    "read_problems",
    "read_tasks",
    "render_completion",
    "render_prompt",
    "verify",
]
