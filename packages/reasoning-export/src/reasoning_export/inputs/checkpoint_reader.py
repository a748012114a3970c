"""Reads Orbax checkpoints into numpy one array at a time, without JAX.

A checkpoint's `_METADATA` is JSON that lists its arrays; they are zarr arrays, in one key-value
store (OCDBT) for all of them or in a folder each.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from reasoning_export.errors import ExportError
from reasoning_export.files import read_json
from reasoning_export.inputs.checkpoint_finder import METADATA, one_line

Array = np.ndarray[Any, Any]
Path_ = tuple[str, ...]

FORBIDDEN_PARTS = {"", ".", ".."}
MAX_ELEMENTS = 1 << 31
"""No parameter of a model we know has as many; chunks that are absent read as zeros, so that a few
bytes on disk can ask for any amount of memory."""


class CheckpointReader(Mapping[str, Array]):
    """The arrays of a `model_params` folder by dotted name, read on access.

    Tunix stores flax variables, whose arrays sit under a last key `value`; it is left out of names.
    """

    def __init__(self, path: Path) -> None:
        """Read the names and shapes of all arrays.

        Raises:
            ExportError: It is no checkpoint, or a damaged one.
        """
        self._path = path.absolute()
        metadata = read_json(path / METADATA, "the metadata of an Orbax checkpoint")
        tree = metadata.get("tree_metadata")
        if not isinstance(tree, dict):
            raise ExportError(f"cannot read {str(path)!r}: its {METADATA} lists no arrays")
        self._leaves = {}
        for entry in tree.values():
            parts = _parts(entry, path)
            name = _name(parts)
            self._leaves[name] = _checked(parts, self._open(parts, metadata))
        if not self._leaves:
            raise ExportError(f"{str(path)!r} holds no parameters")

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every array, by name."""
        return {name: tuple(leaf.shape) for name, leaf in self._leaves.items()}

    def read(self, names: Iterable[str]) -> dict[str, Array]:
        """Read several arrays.

        Raises:
            ExportError: One of them is damaged.
        """
        return {name: self[name] for name in names}

    def __getitem__(self, name: str) -> Array:
        leaf = self._leaves[name]
        try:
            return np.asarray(leaf.read().result())
        except (ValueError, OSError) as error:
            raise self._unreadable(error) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._leaves)

    def __len__(self) -> int:
        return len(self._leaves)

    def _open(self, parts: Path_, metadata: Mapping[str, Any]) -> Any:
        import tensorstore

        name = ".".join(parts)
        store = {"driver": "file", "path": f"{self._path / name}/"}
        if metadata.get("use_ocdbt"):
            base = {"driver": "file", "path": f"{self._path}/"}
            store = {"driver": "ocdbt", "base": base, "path": f"{name}/"}  # type: ignore[dict-item]
        driver = "zarr3" if metadata.get("use_zarr3") else "zarr"
        try:
            return tensorstore.open({"driver": driver, "kvstore": store}, read=True).result()
        except (ValueError, OSError) as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: Exception) -> ExportError:
        return ExportError(f"cannot read {str(self._path)!r}: {one_line(str(error))}")


def _parts(entry: Any, path: Path) -> Path_:
    keys = entry.get("key_metadata") if isinstance(entry, dict) else None
    if not isinstance(keys, list) or not keys or not all(isinstance(key, dict) for key in keys):
        raise ExportError(f"cannot read {str(path)!r}: its {METADATA} names no arrays")
    return tuple(str(key.get("key", "")) for key in keys)


def _name(parts: Path_) -> str:
    for part in parts:
        if part in FORBIDDEN_PARTS or "/" in part or "\\" in part or "\0" in part:
            raise ExportError(f"the checkpoint names a parameter {parts!r}; refused")
    return ".".join(parts[:-1] if parts[-1] == "value" else parts)


def _checked(parts: Path_, leaf: Any) -> Any:
    if math.prod(leaf.shape) > MAX_ELEMENTS:
        raise ExportError(
            f"the checkpoint holds {'.'.join(parts)!r} of shape {tuple(leaf.shape)}; refused"
        )
    return leaf
