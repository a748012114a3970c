"""The reader of a model folder's weights: one file, or shards under an index."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from reasoning_export.errors import ExportError
from reasoning_export.weights import INDEX, WeightReader, open_tensors, weight_files

TABLE = np.arange(12, dtype=np.float32).reshape(4, 3)
SCALE = np.ones(3, np.float16)


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    save_file({"table": TABLE}, tmp_path / "model-00001-of-00002.safetensors")
    save_file({"scale": SCALE}, tmp_path / "model-00002-of-00002.safetensors")
    write_index(tmp_path, {"table": 1, "scale": 2})
    return tmp_path


def write_index(folder: Path, shard_of: dict[str, int]) -> None:
    names = {name: f"model-0000{n}-of-00002.safetensors" for name, n in shard_of.items()}
    (folder / INDEX).write_text(json.dumps({"weight_map": names}))


def test_tensors_of_all_shards_are_one_namespace(shards: Path) -> None:
    with WeightReader(shards) as weights:
        assert sorted(weights.names) == ["scale", "table"]
        np.testing.assert_array_equal(weights.read("table"), TABLE)
        spec = weights.spec("scale")
        assert (spec.shape, spec.dtype) == ((3,), "F16")


@pytest.mark.parametrize("index", [0, 3])
def test_a_row_is_the_tensors_row(shards: Path, index: int) -> None:
    with WeightReader(shards) as weights:
        np.testing.assert_array_equal(weights.row("table", index), TABLE[index])


def test_what_is_missing_is_named(shards: Path) -> None:
    with WeightReader(shards) as weights, pytest.raises(ExportError, match=r"lacks .*'norm'"):
        weights.spec("norm")
    write_index(shards, {"table": 1, "scale": 2, "norm": 2})
    with pytest.raises(ExportError, match="names 'norm', which no shard holds"):
        WeightReader(shards).__enter__()


def test_a_tensor_in_two_shards_is_refused(shards: Path) -> None:
    save_file({"scale": SCALE, "table": TABLE}, shards / "model-00002-of-00002.safetensors")
    with pytest.raises(ExportError, match="'table' is in two shards"):
        WeightReader(shards).__enter__()


def test_half_a_file_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file({"table": TABLE}, path)
    assert weight_files(tmp_path) == ["model.safetensors"]
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ExportError, match="not a complete safetensors file"):
        WeightReader(tmp_path).__enter__()
    with pytest.raises(ExportError, match="not a complete safetensors file"):
        open_tensors(path)
