"""Floating-point operations of matrix products and convolutions; the rest is not counted.

A multiply-add counts two, as in the peak rates that chips are sold by.
"""

import math
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from reasoning_train.plan.hlo.module import Computation, Instruction


def instruction_flops(instruction: Instruction, computation: Computation) -> int:
    """FLOPs of one `dot` or `convolution` of the computation, else 0."""
    if instruction.opcode == "dot":
        return _dot(instruction, computation)
    if instruction.opcode == "convolution":
        return _convolution(instruction, computation)
    return 0


def _dot(instruction: Instruction, computation: Computation) -> int:
    left = computation.instructions[instruction.operands[0]].arrays[0]
    contracted = 1
    for axis in instruction.braces("lhs_contracting_dims").split(","):
        contracted *= left.dims[int(axis)] if axis else 1
    return 2 * instruction.arrays[0].elements * contracted


def _convolution(instruction: Instruction, computation: Computation) -> int:
    """As XLA's own analysis: the TPU writes matrix products as convolutions, batch dimensions as
    spatial ones, of which only some pairs of positions meet."""
    labels = re.search(r"dim_labels=(\w+)_(\w+)->(\w+)", instruction.attributes)
    if not labels:
        raise ValueError(f"a convolution without dim_labels: {instruction.attributes!r}")
    left_labels, right_labels, out_labels = labels.groups()
    left, right = (computation.instructions[n].arrays[0] for n in instruction.operands[:2])
    out = instruction.arrays[0]
    meetings = 1
    windows = _windows(instruction.braces("window"))
    for axis, window in enumerate(windows):
        size = left.dims[left_labels.index(str(axis))]
        kernel = right.dims[right_labels.index(str(axis))]
        places = out.dims[out_labels.index(str(axis))]
        meetings *= _meetings(size, kernel, places, window)
    features = right.dims[right_labels.index("i")]
    batch = out.dims[out_labels.index("b")] * out.dims[out_labels.index("f")]
    groups = re.search(r"batch_group_count=(\d+)", instruction.attributes)
    return 2 * batch * features * meetings // (int(groups.group(1)) if groups else 1)


@dataclass(frozen=True, slots=True)
class _Window:
    stride: int = 1
    low: int = 0
    left_dilation: int = 1
    right_dilation: int = 1


def _windows(text: str) -> list[_Window]:
    """One window a spatial dimension from `size=2x2 pad=0_0x1_1 stride=1x2 lhs_dilate=…`."""
    if not text:
        return []
    fields = dict(part.split("=", 1) for part in text.split())
    rank = len(fields["size"].split("x"))

    def numbers(name: str, default: int) -> list[int]:
        return [int(n) for n in fields[name].split("x")] if name in fields else [default] * rank

    pads = fields["pad"].split("x") if "pad" in fields else ["0_0"] * rank
    return [
        _Window(stride, int(pad.split("_")[0]), left, right)
        for stride, pad, left, right in zip(
            numbers("stride", 1),
            pads,
            numbers("lhs_dilate", 1),
            numbers("rhs_dilate", 1),
            strict=True,
        )
    ]


@lru_cache(maxsize=4096)
def _meetings(size: int, kernel: int, places: int, window: _Window) -> int:
    """Pairs of an output place and a kernel position that meet an element, not padding or holes.

    Place `t` and position `k` meet at `t * stride + k * right_dilation - low`, which must lie in
    the dilated input and on one of its elements. For each position those places are every m-th of a
    stretch: counted, not listed, since a batch of a million rows comes as a convolution too.
    """
    offset = np.arange(kernel, dtype=np.int64) * window.right_dilation - window.low
    last = (size - 1) * window.left_dilation
    low = np.maximum(-(offset // window.stride), 0)
    high = np.minimum((last - offset) // window.stride, places - 1)
    common = math.gcd(window.stride, window.left_dilation)
    every = window.left_dilation // common
    inverse = pow(window.stride // common, -1, every) if every > 1 else 0
    first = low + (-(offset // common) * inverse - low) % every
    meet = (offset % common == 0) & (first <= high)
    return int(np.sum(np.where(meet, (high - first) // every + 1, 0)))
