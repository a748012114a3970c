"""Reads and writes folders of safetensors in Hugging Face layout, one tensor at a time."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import ml_dtypes
import numpy as np
from safetensors import SafetensorError, safe_open

from reasoning_export.errors import ExportError
from reasoning_export.files import plain_name, read_json, write_json
from reasoning_export.gemma.families import text_tensor_name

Array = np.ndarray[Any, Any]

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
SHARD_BYTES = 2_000_000_000
"""The default size of a shard; Hugging Face's own is 5 GB, small hosts download better in parts."""

DTYPES: dict[str, np.dtype[Any]] = {
    "F32": np.dtype(np.float32),
    "F16": np.dtype(np.float16),
    "BF16": np.dtype(ml_dtypes.bfloat16),
}
"""The types weights are stored in, by the name in a safetensors header."""


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """The name, shape and dtype of a tensor; `dtype` is a key of `DTYPES`."""

    name: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def bytes(self) -> int:
        """The size of the data in bytes."""
        return int(np.prod(self.shape, dtype=np.int64)) * DTYPES[self.dtype].itemsize


class WeightReader:
    """Reads the tensors of a folder that holds `model.safetensors`, or shards and their index.

    Tensors have the names of the text model; a multimodal model's other parts are left out.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._tensors: dict[str, tuple[Any, str]] = {}  # file and stored name, by name

    def __enter__(self) -> Self:
        """Open every file.

        Raises:
            ExportError: A file is missing, damaged, or not what the index says.
        """
        for file in weight_files(self._folder):
            opened = self._open(self._folder / file)
            for stored in opened.keys():  # noqa: SIM118 (no mapping)
                name = text_tensor_name(stored)
                if name in self._tensors:
                    raise ExportError(f"{str(self._folder)!r}: {name!r} is in two shards")
                if name is not None:
                    self._tensors[name] = (opened, stored)
        self._check_index()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tensors.clear()
        self._stack.close()

    @property
    def names(self) -> list[str]:
        """The name of every tensor of the text model."""
        return list(self._tensors)

    def spec(self, name: str) -> TensorSpec:
        """The shape and dtype of a tensor, without reading its data.

        Raises:
            ExportError: There is no such tensor, or it is no floating-point one.
        """
        if name not in self._tensors:
            raise ExportError(f"{str(self._folder)!r} lacks the tensor {name!r}")
        part = self._slice(name)
        if part.get_dtype() not in DTYPES:
            raise ExportError(f"{name!r} is stored as {part.get_dtype()}, not as {list(DTYPES)}")
        return TensorSpec(name, tuple(part.get_shape()), part.get_dtype())

    def read(self, name: str) -> Array:
        """Read a tensor in its stored dtype."""
        file, stored = self._tensors[name]
        array: Array = file.get_tensor(stored)
        return array

    def row(self, name: str, index: int) -> Array:
        """Read one row of a tensor."""
        array: Array = self._slice(name)[index : index + 1][0]
        return array

    def _slice(self, name: str) -> Any:
        file, stored = self._tensors[name]
        return file.get_slice(stored)

    def _open(self, path: Path) -> Any:
        try:
            return self._stack.enter_context(safe_open(path, framework="np"))  # type: ignore[no-untyped-call]
        except (SafetensorError, OSError) as error:
            raise ExportError(f"{str(path)!r} is no whole safetensors file: {error}") from None

    def _check_index(self) -> None:
        if not (self._folder / INDEX).is_file():
            return
        for name in _weight_map(self._folder):
            if (known := text_tensor_name(name)) is not None and known not in self._tensors:
                raise ExportError(f"{INDEX} names {name!r}, which no shard holds")


def open_tensors(path: Path) -> dict[str, Array]:
    """Read every tensor of a small file.

    Raises:
        ExportError: It is no whole safetensors file.
    """
    from safetensors.numpy import load_file

    try:
        return dict(load_file(path))
    except (SafetensorError, OSError) as error:
        raise ExportError(f"{str(path)!r} is no whole safetensors file: {error}") from None


def weight_files(folder: Path) -> list[str]:
    """The names of the files that hold the weights.

    Raises:
        ExportError: There are none, or the index names one that is missing or elsewhere.
    """
    if (folder / INDEX).is_file():
        files = sorted({plain_name(file, INDEX) for file in _weight_map(folder).values()})
    else:
        files = [SINGLE]
    for file in files:
        if not (folder / file).is_file():
            raise ExportError(f"{str(folder)!r} lacks {file!r}")
    return files


def _weight_map(folder: Path) -> Mapping[str, Any]:
    table = read_json(folder / INDEX, "the index of the shards").get("weight_map")
    if not isinstance(table, dict):
        raise ExportError(f"{str(folder / INDEX)!r} has no weight_map")
    return table


def write_weights(
    folder: Path,
    specs: Iterable[TensorSpec],
    tensor: Callable[[str], Array],
    *,
    shard_bytes: int = SHARD_BYTES,
) -> dict[str, str]:
    """Write weights in shards, with an index if there are several, one tensor at a time.

    Args:
        folder: Where to.
        specs: What will be written, in order.
        tensor: Gives a tensor when it is to be written; it is cast to its spec's dtype.
        shard_bytes: Where a shard ends; a larger tensor has a shard for itself.

    Returns:
        SHA-256 of every tensor's bytes, by name.
    """
    shards = list(_split(specs, shard_bytes))
    digests: dict[str, str] = {}
    weight_map: dict[str, str] = {}
    for number, shard in enumerate(shards, start=1):
        file = SINGLE if len(shards) == 1 else f"model-{number:05}-of-{len(shards):05}.safetensors"
        digests |= _write_shard(folder / file, shard, tensor)
        weight_map |= {spec.name: file for spec in shard}
    if len(shards) > 1:
        size = sum(spec.bytes for shard in shards for spec in shard)
        index = {"metadata": {"total_size": size}, "weight_map": weight_map}
        write_json(folder / INDEX, index)
    return digests


def _split(specs: Iterable[TensorSpec], limit: int) -> Iterator[list[TensorSpec]]:
    shard: list[TensorSpec] = []
    size = 0
    for spec in specs:
        if shard and size + spec.bytes > limit:
            yield shard
            shard, size = [], 0
        shard.append(spec)
        size += spec.bytes
    yield shard


def _write_shard(
    path: Path, shard: list[TensorSpec], tensor: Callable[[str], Array]
) -> dict[str, str]:
    """Write a safetensors file: header length (little-endian u64), header (JSON), data.

    The library's own writer wants a whole shard in memory, twice.
    """
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for spec in shard:
        end = offset + spec.bytes
        header[spec.name] = {
            "dtype": spec.dtype,
            "shape": list(spec.shape),
            "data_offsets": [offset, end],
        }
        offset = end
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    digests = {}
    with path.open("xb") as file:
        file.write(len(encoded).to_bytes(8, "little"))
        file.write(encoded)
        for spec in shard:
            array = np.ascontiguousarray(tensor(spec.name), dtype=DTYPES[spec.dtype])
            if array.shape != spec.shape:
                raise ExportError(f"{spec.name}: shape {array.shape}, expected {spec.shape}")
            data = array.reshape(-1).view(np.uint8).data
            file.write(data)
            digests[spec.name] = hashlib.sha256(data).hexdigest()
    return digests
