"""Configuration: defaults, then a preset, then a file, then flags."""

from reasoning_train.config.load import dump_toml, load_config, preset_names
from reasoning_train.config.schema import RunConfig

__all__ = ["RunConfig", "dump_toml", "load_config", "preset_names"]
