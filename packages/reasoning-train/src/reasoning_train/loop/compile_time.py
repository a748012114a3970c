"""Time that XLA spends on compilation, which is part of the first step but not of later ones."""

from typing import Any

import jax

EVENT = "/jax/core/compile/backend_compile_duration"


class CompileTime:
    """Counter of the seconds that XLA has spent on compilation since the counter was made.

    Tracing is not counted, because JAX reports the time of nested traces twice.
    """

    def __init__(self) -> None:
        self._seconds = 0.0
        jax.monitoring.register_event_duration_secs_listener(self._add)

    def __call__(self) -> float:
        """Return the seconds so far."""
        return self._seconds

    def _add(self, event: str, duration_secs: float, **kwargs: Any) -> None:
        if event == EVENT:
            self._seconds += duration_secs
