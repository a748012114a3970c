"""Keep freed memory in the process: on a CPU, XLA asks for its temporaries anew at every step.

glibc gives blocks above 32 MiB back to the system when they are freed, so each step pays for
touching the same gigabytes for the first time again. On virtual machines that is slow: the
pre-training step of the tiny base took 2.0 s with the default and 1.0 s with these settings
(docs/tiny-experiments.md).
"""

import ctypes
import ctypes.util

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
LARGEST_INT = 2**31 - 1


def keep_freed_memory() -> bool:
    """Tell glibc to serve large blocks from the heap and never to trim it.

    Returns:
        Whether that took effect; without glibc there is nothing to do.
    """
    name = ctypes.util.find_library("c")
    library = ctypes.CDLL(name) if name else None
    mallopt = getattr(library, "mallopt", None)
    if mallopt is None:
        return False
    settings = ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, LARGEST_INT), (M_TOP_PAD, 64 * 2**20))
    return all(mallopt(key, value) == 1 for key, value in settings)
