"""Floating-point operations of matrix products and convolutions; others are not counted.

A multiply-add counts as two, as in the peak rates in chips' data sheets.
"""

import math
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from reasoning_train.plan.hlo.module import Computation, Instruction


def instruction_flops(instruction: Instruction, computation: Computation) -> int:
    """Return the FLOPs of a `dot` or `convolution` of the computation; 0 for other instructions."""
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
    """Return the FLOPs of a convolution, counted as in XLA's own cost analysis.

    The TPU compiler writes matrix products as convolutions and their batch dimensions as spatial
    ones. So only kernel positions that meet an element, not padding or a hole, are counted.
    """
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
    """Parse one window per spatial dimension from `size=2x2 pad=0_0x1_1 stride=1x2 …`."""
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
    """Count the pairs of output and kernel position that meet an input element.

    Output position `t` and kernel position `k` meet the dilated input at
    `t * stride + k * right_dilation - low`, which must be an element, not padding or a hole. For
    each `k`, those `t` are evenly spaced in an interval. They are counted by arithmetic rather than
    listed, since a matrix product of a million rows is also written as a convolution.

    Args:
        size: Length of the input dimension, without padding and dilation.
        kernel: Length of the kernel dimension.
        places: Length of the output dimension.
        window: Stride, padding and dilations of the dimension.
    """
    # `[kernel]`: where output position 0 meets the dilated input, whose last element is at `last`.
    offset = np.arange(kernel, dtype=np.int64) * window.right_dilation - window.low
    last = (size - 1) * window.left_dilation
    # Output positions whose meeting point lies within the input.
    low = np.maximum(-(offset // window.stride), 0)
    high = np.minimum((last - offset) // window.stride, places - 1)
    # Of these, every `every`-th one solves t * stride + offset ≡ 0 (mod left_dilation).
    common = math.gcd(window.stride, window.left_dilation)
    every = window.left_dilation // common
    inverse = pow(window.stride // common, -1, every) if every > 1 else 0
    first = low + (-(offset // common) * inverse - low) % every
    meet = (offset % common == 0) & (first <= high)
    return int(np.sum(np.where(meet, (high - first) // every + 1, 0)))
