"""How long XLA has been compiling: the part of a first step that the next one will not need."""

from typing import Any

import jax

EVENT = "/jax/core/compile/backend_compile_duration"


class CompileTime:
    """Seconds that XLA has spent compiling in this process since this object was made.

    Tracing is not counted: JAX reports nested traces each for itself, and their sum is too much.
    """

    def __init__(self) -> None:
        self._seconds = 0.0
        jax.monitoring.register_event_duration_secs_listener(self._add)

    def __call__(self) -> float:
        """The seconds so far."""
        return self._seconds

    def _add(self, event: str, duration_secs: float, **kwargs: Any) -> None:
        if event == EVENT:
            self._seconds += duration_secs
