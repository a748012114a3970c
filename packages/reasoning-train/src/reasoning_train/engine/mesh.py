"""The device mesh: rows over `fsdp`, nothing over `tp`."""

from collections.abc import Sequence

import jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec


def make_mesh(devices: Sequence[jax.Device] | None = None) -> Mesh:
    """A mesh of all devices (or those given), `(n, 1)` over `("fsdp", "tp")`.

    Tunix's models need Auto axes; `jax.make_mesh` now makes Explicit ones unless told.
    """
    count = jax.device_count() if devices is None else len(devices)
    return jax.make_mesh(
        (count, 1), ("fsdp", "tp"), axis_types=(AxisType.Auto,) * 2, devices=devices
    )


def rows_sharding(mesh: Mesh, rows: int) -> NamedSharding:
    """How an array of `rows` rows lies: split over `fsdp`, or whole on every chip.

    Tunix splits only what the axis divides, and says nothing when it does not.
    """
    split = rows % mesh.shape["fsdp"] == 0
    return NamedSharding(mesh, PartitionSpec("fsdp") if split else PartitionSpec())
