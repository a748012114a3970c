"""What the device itself says of its memory."""

import jax

PEAK = "device_peak_bytes"
"""Among a step's `machine` values: the most memory that this process had of its first device."""


def device_peak() -> dict[str, float]:
    """The value named `PEAK`; nothing where the device does not tell: a CPU does not."""
    stats = jax.local_devices()[0].memory_stats() or {}
    return {PEAK: float(stats["peak_bytes_in_use"])} if "peak_bytes_in_use" in stats else {}
