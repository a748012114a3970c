"""What chips send to each other."""

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
    """One collective of a program.

    Attributes:
        kind: Such as `all-gather`.
        dtype: Element type of what it makes.
        dims: Dimensions of what it makes on a chip.
        sent: Bytes that a chip sends, with a ring over its group.
        times: How often it runs.
        in_open_loop: Whether it runs inside a loop whose turns the compiler does not know: the
            decoding loop.
    """

    kind: str
    dtype: str
    dims: tuple[int, ...]
    sent: int
    times: int = 1
    in_open_loop: bool = False


def collective(instruction: Instruction, chips: int) -> Collective | None:
    """The instruction as a collective; None if it is none, or only waits for one.

    Ring algorithms: of n chips each sends (n-1)/n of what is gathered or scattered, and twice that
    to reduce everywhere (Patarasuk and Yuan 2009, doi:10.1016/j.jpdc.2008.09.002).
    """
    kind = instruction.opcode.removesuffix("-start")
    if kind not in KINDS or not instruction.arrays:
        return None
    largest = max(instruction.arrays, key=lambda a: a.size)
    started = instruction.opcode.endswith("-start")
    # A start makes (operands, results): the larger side is the gathered or the unscattered one.
    volume = largest.size if started else sum(a.size for a in instruction.arrays)
    n = group_size(instruction, chips)
    if kind == "reduce-scatter" and not started:
        volume *= n
    share = (n - 1) / n if n > 1 else 0.0
    if kind in ("collective-permute", "collective-broadcast"):
        share = 1.0
    sent = int(volume * share * (2 if kind == "all-reduce" else 1))
    return Collective(kind, largest.dtype, largest.dims, sent)


def group_size(instruction: Instruction, chips: int) -> int:
    """Chips that take part together; all of them where the text does not say."""
    if match := _IOTA_GROUPS.search(instruction.attributes):
        return int(match.group(2))
    if match := _LISTED_GROUP.search(instruction.attributes):
        return match.group(1).count(",") + 1
    return chips
