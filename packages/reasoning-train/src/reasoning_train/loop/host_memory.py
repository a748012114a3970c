"""Allocator settings that keep freed memory in the process, since XLA reallocates it every step.

On a CPU, glibc returns freed blocks above 32 MiB to the system, so each step pays for the page
faults of the same gigabytes again. On virtual machines that is slow: the pre-training step of the
tiny base took 2.0 s with the default and 1.0 s with these settings (docs/tiny-experiments.md).
"""

import ctypes
import ctypes.util

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
LARGEST_INT = 2**31 - 1


def keep_freed_memory() -> bool:
    """Make glibc serve large blocks from the heap and never trim it.

    Returns:
        Whether the settings took effect; false without glibc.
    """
    name = ctypes.util.find_library("c")
    library = ctypes.CDLL(name) if name else None
    mallopt = getattr(library, "mallopt", None)
    if mallopt is None:
        return False
    settings = ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, LARGEST_INT), (M_TOP_PAD, 64 * 2**20))
    return all(mallopt(key, value) == 1 for key, value in settings)
