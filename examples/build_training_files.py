"""reasoning-data: generate word problems and write training files with a manifest."""

from pathlib import Path
from tempfile import TemporaryDirectory

from reasoning_data import generate_arithmetic, prepare_training_data, read_examples

with TemporaryDirectory() as folder:
    problems = generate_arithmetic(50, seed=0)
    manifest = prepare_training_data(problems, Path(folder) / "build", style="bare")
    print(dict(manifest.splits))
    print(read_examples(Path(folder) / "build")[0])
