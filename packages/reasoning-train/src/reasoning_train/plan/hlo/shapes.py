"""Parser of array types in HLO, such as `bf16[8,128]{1,0:T(8,128)(2,1)S(1)}`."""

import math
import re
from dataclasses import dataclass

BITS = {
    "pred": 8, "s2": 2, "u2": 2, "s4": 4, "u4": 4, "s8": 8, "u8": 8, "s16": 16, "u16": 16,
    "s32": 32, "u32": 32, "s64": 64, "u64": 64, "f8e4m3fn": 8, "f8e5m2": 8, "bf16": 16, "f16": 16,
    "f32": 32, "f64": 64, "c64": 64, "c128": 128,
}  # fmt: skip

_ARRAY = re.compile(r"\b([a-z]\w*)\[([\d,<=]*)\](\{[^{}]*\})?")


@dataclass(frozen=True, slots=True)
class Array:
    """Type of an array.

    Attributes:
        dtype: Element type, such as `bf16`.
        dims: Dimensions.
        in_hbm: Whether the array is in the chip's main memory, rather than in an on-chip memory
            (`S(1)` and others).
    """

    dtype: str
    dims: tuple[int, ...]
    in_hbm: bool = True

    @property
    def elements(self) -> int:
        return math.prod(self.dims)

    @property
    def size(self) -> int:
        """Size in bytes, without the padding of tiles."""
        return -(-self.elements * BITS[self.dtype] // 8)


def parse_arrays(text: str) -> tuple[Array, ...]:
    """Parse the arrays of a type or tuple, in order, leaving out tokens and other non-arrays."""
    found = []
    for dtype, dims, layout in _ARRAY.findall(text):
        if dtype in BITS:
            sizes = tuple(int(d.removeprefix("<=")) for d in dims.split(",") if d)
            found.append(Array(dtype, sizes, "S(" not in layout))
    return tuple(found)
