"""What was compiled is there in the next process."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import jax
from reasoning_train.engine.compile_cache import keep_compiled
keep_compiled()
hits = []
jax.monitoring.register_event_listener(
    lambda name, **_: hits.append(name) if name.endswith("cache_hits") else None
)
jax.jit(lambda x: x * 2)(1.0)
print(len(hits))
"""


def test_a_second_process_finds_what_the_first_compiled(tmp_path: Path) -> None:
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XDG_CACHE_HOME": str(tmp_path)}
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)

    def hits() -> int:
        result = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        )
        return int(result.stdout.splitlines()[-1])

    assert hits() == 0
    assert list((tmp_path / "reasoning-train" / "compiled").iterdir())
    assert hits() > 0
