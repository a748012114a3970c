"""TPU slices to plan for, with what their makers say of them; and the CPU of this machine."""

import os
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from reasoning_train.errors import UserError
from reasoning_train.extras import how_to_install
from reasoning_train.plan.silence import silenced

GIB = 2**30


@dataclass(frozen=True, slots=True)
class Chip:
    """One chip.

    Attributes:
        name: Its generation.
        usable_bytes: Main memory that a program can have; the compiler's own limit.
        flops: Peak bfloat16 FLOP/s of its matrix units.
        hbm_bandwidth: Bytes/s of main memory.
        link_bandwidth: Bytes/s between neighbours, both directions of one link: what a ring along
            one axis can use.
    """

    name: str
    usable_bytes: int
    flops: float
    hbm_bandwidth: float
    link_bandwidth: float


# docs.cloud.google.com/tpu/docs/{v5e,v5p,v6e}; links: bidirectional bandwidth a chip over its ports
# (v5e 400 GB/s over 4, v5p 1200 over 6, v6e 800 over 4).
V5E = Chip("v5e", int(15.75 * GIB), 197e12, 819e9, 100e9)
V5P = Chip("v5p", int(95.74 * GIB), 459e12, 2765e9, 200e9)
V6E = Chip("v6e", int(31.25 * GIB), 918e12, 1638e9, 200e9)


def _this_cpu() -> Chip:
    """Nominal rates, to be calibrated with a run: two AVX2 units a core at 2 GHz, one socket."""
    cores = os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Chip("cpu", memory, 64e9 * cores, 20e9, 20e9)


@dataclass(frozen=True, slots=True)
class Topology:
    """A slice.

    Attributes:
        name: As it is asked for.
        chip: Its chips.
        shape: Chips along each axis, as the compiler wants it; empty for this machine's CPU.
        chips: How many.
    """

    name: str
    chip: Chip
    shape: str
    chips: int

    @property
    def is_here(self) -> bool:
        """Whether what is compiled for it can run on this machine."""
        return not self.shape


TOPOLOGIES = {
    topology.name: topology
    for topology in (
        Topology("v5e-1", V5E, "1x1", 1),
        Topology("v5e-4", V5E, "2x2", 4),
        Topology("v5e-8", V5E, "2x4", 8),
        Topology("v5e-16", V5E, "4x4", 16),
        Topology("v5e-64", V5E, "8x8", 64),
        Topology("v5p-8", V5P, "2x2x1", 4),  # counted in cores, two a chip
        Topology("v6e-8", V6E, "2x4", 8),
        Topology("cpu", _this_cpu(), "", 1),
    )
}


def topologies_named(names: str) -> list[Topology]:
    """The slices of a list with commas; none of an empty one."""
    return [topology_named(name.strip()) for name in names.split(",") if name.strip()]


def topology_named(name: str) -> Topology:
    """The slice of that name.

    Raises:
        UserError: If there is none.
    """
    if name not in TOPOLOGIES:
        raise UserError(f"unknown topology {name!r}; topologies: {', '.join(TOPOLOGIES)}")
    return TOPOLOGIES[name]


def need_compiler() -> None:
    """Refuse to go on without the TPU's compiler.

    Raises:
        UserError: If it is not installed.
    """
    if find_spec("libtpu") is None:
        raise UserError(f"plan needs the TPU's compiler: {how_to_install('plan')}")


def slice_devices(topology: Topology) -> list[Any]:
    """The slice's devices, good for compiling only, except those of this machine's CPU.

    Raises:
        UserError: If the TPU compiler is not installed.
    """
    if topology.is_here:
        import jax

        return jax.devices("cpu")[:1]
    need_compiler()
    from jax.experimental.topologies import get_topology_desc

    options = {"chips_per_host_bounds": [1, 1, 1]} if topology.chips == 1 else {}
    with silenced():
        description = get_topology_desc(
            f"{topology.chip.name}:{topology.shape}", platform="tpu", **options
        )
    return list(description.devices)
