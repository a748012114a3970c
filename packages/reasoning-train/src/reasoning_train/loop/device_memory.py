"""Memory usage as the device reports it."""

import jax

PEAK = "device_peak_bytes"
"""Name, in a step's `machine` values, of the peak memory of the first device, in bytes."""


def device_peak() -> dict[str, float]:
    """Return the first device's peak memory in bytes as `{PEAK: value}`; empty on CPUs."""
    stats = jax.local_devices()[0].memory_stats() or {}
    return {PEAK: float(stats["peak_bytes_in_use"])} if "peak_bytes_in_use" in stats else {}
