"""reasoning-export: Tunix's parameter names become Hugging Face's, in numpy alone."""

import json
from importlib.resources import files

from reasoning_export.gemma.families import ModelShape
from reasoning_export.gemma.tensor_layout import sources

folder = files("reasoning_train") / "assets" / "tiny-gemma3"
shape = ModelShape.from_config(json.loads((folder / "config.json").read_text()))
for name, source in list(sources(shape).items())[:5]:
    print(f"{source.parameter:32} → {name} {list(source.shape)}")
