"""Collectives of a compiled program, and the bytes that each chip sends."""

import re
from dataclasses import dataclass

from reasoning_train.plan.hlo.module import Instruction

KINDS = (
    "all-gather",
    "all-reduce",
    "reduce-scatter",
    "all-to-all",
    "ragged-all-to-all",
    "collective-permute",
    "collective-broadcast",
)
_IOTA_GROUPS = re.compile(r"replica_groups=\[(\d+),(\d+)\]<=")
_LISTED_GROUP = re.compile(r"replica_groups=\{\{([\d,]*)\}")


@dataclass(frozen=True, slots=True)
class Collective:
    """Collective operation of a program.

    Attributes:
        kind: Opcode, such as `all-gather`.
        dtype: Element type of its result.
        dims: Dimensions of its result on one chip.
        sent: Bytes that a chip sends in one execution, with a ring over its group.
        times: Number of executions.
        in_open_loop: Whether it runs inside a loop of unknown trip count, the decoding loop.
    """

    kind: str
    dtype: str
    dims: tuple[int, ...]
    sent: int
    times: int = 1
    in_open_loop: bool = False


def collective(instruction: Instruction, chips: int) -> Collective | None:
    """Convert an instruction to a collective.

    With ring algorithms, each of n chips sends (n-1)/n of the gathered or scattered array, and
    twice as much for an all-reduce (Patarasuk and Yuan 2009, doi:10.1016/j.jpdc.2008.09.002).

    Args:
        instruction: Instruction of the program.
        chips: Number of chips that the program runs on.

    Returns:
        The collective; None if the instruction is not one, or only waits for one to finish.
    """
    kind = instruction.opcode.removesuffix("-start")
    if kind not in KINDS or not instruction.arrays:
        return None
    largest = max(instruction.arrays, key=lambda a: a.size)
    started = instruction.opcode.endswith("-start")
    # An asynchronous start returns (operands, results), of which the larger is the gathered array
    # or the array before the scatter.
    volume = largest.size if started else sum(a.size for a in instruction.arrays)
    n = group_size(instruction, chips)
    if kind == "reduce-scatter" and not started:
        volume *= n  # the result is one chip's part of the scattered array
    share = (n - 1) / n if n > 1 else 0.0
    if kind in ("collective-permute", "collective-broadcast"):
        share = 1.0  # the whole array goes to the neighbour, not a part to each chip of a ring
    sent = int(volume * share * (2 if kind == "all-reduce" else 1))
    return Collective(kind, largest.dtype, largest.dims, sent)


def group_size(instruction: Instruction, chips: int) -> int:
    """Return the number of chips in each group of a collective; `chips` if it names no groups."""
    if match := _IOTA_GROUPS.search(instruction.attributes):
        return int(match.group(2))
    if match := _LISTED_GROUP.search(instruction.attributes):
        return match.group(1).count(",") + 1
    return chips
