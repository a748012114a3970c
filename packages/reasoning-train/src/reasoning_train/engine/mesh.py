"""The device mesh: rows over `fsdp`, nothing over `tp`."""

import jax
from jax.sharding import AxisType, Mesh


def make_mesh() -> Mesh:
    """A mesh of all devices, `(n, 1)` over `("fsdp", "tp")`.

    Tunix's models need Auto axes; `jax.make_mesh` now makes Explicit ones unless told.
    """
    return jax.make_mesh((jax.device_count(), 1), ("fsdp", "tp"), axis_types=(AxisType.Auto,) * 2)
