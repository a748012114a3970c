"""reasoning-train: layer a preset and flags into one configuration, as the command does."""

from reasoning_train import load_config
from reasoning_train.config import dump_toml

config = load_config(preset="tiny", flags=["--grpo.num-generations", "16", "--seed", "3"])
print(dump_toml(config))
