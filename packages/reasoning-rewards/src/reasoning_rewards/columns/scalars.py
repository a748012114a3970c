"""Values of other libraries as Python's own: bytes of TFDS, scalars and arrays of numpy.

Arrays are known by their `ndim`, so that numpy, JAX and torch need not be installed.
"""

from typing import Any

from reasoning_rewards.errors import RewardError


def plain(value: Any) -> Any:
    """Return a value as Python's own: bytes as text, a 0-d array as what it holds.

    Raises:
        RewardError: Bytes that are not UTF-8.
    """
    if isinstance(value, str):
        return str(value)  # of numpy's strings, too
    if isinstance(value, bytes | bytearray):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise RewardError(f"bytes that are not UTF-8: {shown(value)}; decode them") from None
    if getattr(value, "ndim", None) != 0 or not hasattr(value, "item"):
        return value
    held = plain(value.item())
    return _shortest(value, held) if isinstance(held, float) else held


def _shortest(value: object, held: float) -> float:
    """The number that a scalar prints: 0.1 of single precision holds 0.10000000149011612."""
    try:
        return float(str(value))
    except ValueError:  # torch prints `tensor(0.1000)`
        return held


def members(value: Any) -> list[Any] | None:
    """Return what a list, tuple or 1-d array holds; `None` if the value is none of them."""
    if isinstance(value, list | tuple):
        return list(value)
    if getattr(value, "ndim", None) == 1 and hasattr(value, "__iter__"):
        return list(value)
    return None


def shown(value: object) -> str:
    """Return a value and its type for a message, cut to a line."""
    text = repr(value).replace("\n", " ")
    return f"{text if len(text) <= 80 else text[:79] + '…'} ({type(value).__name__})"
