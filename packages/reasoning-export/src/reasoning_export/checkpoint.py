"""Reading Orbax checkpoints into numpy, a part at a time, without any model code."""

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from reasoning_export.checkpoints import one_line
from reasoning_export.errors import ExportError

Array = np.ndarray[Any, Any]
Path_ = tuple[str, ...]

FORBIDDEN_PARTS = {"", ".", ".."}
MAX_ELEMENTS = 1 << 31
"""No parameter of a model we know has as many; chunks that are absent read as zeros, so that a few
bytes on disk can ask for any amount of memory."""


class CheckpointReader(Mapping[str, Array]):
    """The arrays of one `model_params` folder by dotted name, read when asked for.

    Tunix stores flax variables, whose arrays sit under a last key `value`; it is left out of names.
    """

    def __init__(self, path: Path) -> None:
        """Read the names and shapes.

        Raises:
            ExportError: Orbax cannot read the folder.
        """
        import jax
        import orbax.checkpoint as ocp

        self._path = path.absolute()
        self._checkpointer = ocp.PyTreeCheckpointer()
        try:
            tree = self._checkpointer.metadata(self._path).item_metadata.tree
        except Exception as error:  # Orbax does not say what a damaged folder raises
            raise ExportError(
                f"Orbax cannot read {str(path)!r}: {type(error).__name__}: {one_line(str(error))}"
            ) from None
        self._leaves = {}
        for keys, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]:
            parts = tuple(str(getattr(key, "key", getattr(key, "idx", key))) for key in keys)
            self._leaves[_name(parts)] = (parts, _checked(parts, leaf))
        if not self._leaves:
            raise ExportError(f"{str(path)!r} holds no parameters")

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every array, from metadata alone."""
        return {name: tuple(leaf.shape) for name, (_, leaf) in self._leaves.items()}

    def read(self, names: Iterable[str]) -> dict[str, Array]:
        """Some arrays at once."""
        import orbax.checkpoint as ocp

        chosen = {name: self._leaves[name] for name in names}
        item = _nest(dict(chosen.values()))
        arguments = _nest(
            {parts: ocp.RestoreArgs(restore_type=np.ndarray) for parts, _ in chosen.values()}
        )
        tree = self._checkpointer.restore(
            self._path,
            args=ocp.args.PyTreeRestore(item=item, restore_args=arguments, partial_restore=True),
        )
        return {name: _pick(tree, parts) for name, (parts, _) in chosen.items()}

    def __getitem__(self, name: str) -> Array:
        return self.read([name])[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._leaves)

    def __len__(self) -> int:
        return len(self._leaves)


def _name(parts: Path_) -> str:
    for part in parts:
        if part in FORBIDDEN_PARTS or "/" in part or "\\" in part:
            raise ExportError(f"the checkpoint names a parameter {parts!r}; refused")
    return ".".join(parts[:-1] if parts[-1] == "value" else parts)


def _checked(parts: Path_, leaf: Any) -> Any:
    shape = getattr(leaf, "shape", None)
    if shape is None or math.prod(shape) > MAX_ELEMENTS:
        raise ExportError(f"the checkpoint holds {'.'.join(parts)!r} of shape {shape}; refused")
    return leaf


def _nest(flat: Mapping[Path_, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for parts, value in flat.items():
        node = tree
        for part in parts[:-1]:
            node = node.setdefault(part, {})
        node[parts[-1]] = value
    return tree


def _pick(tree: Any, parts: Path_) -> Array:
    for part in parts:
        tree = tree[part]
    return np.asarray(tree)
