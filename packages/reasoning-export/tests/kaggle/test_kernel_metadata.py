import pytest

from reasoning_export import ExportError
from reasoning_export.kaggle.kernel_metadata import TPU, Kernel, WheelsDataset

KERNEL = {
    "owner": "ann",
    "title": "Teaching reasoning",
    "code_file": "teach.ipynb",
    "datasets": ("ann/reasoning-wheels",),
    "kernels": ("ann/the-one-before",),
    "models": ("google/gemma-3/transformers/gemma-3-1b-it/1",),
}


def test_a_kernel_survives_its_file():
    kernel = Kernel(**KERNEL)
    assert Kernel.read(kernel.metadata()) == kernel
    assert kernel.id == "ann/teaching-reasoning"


def test_a_tpu_kernel_asks_for_eight_chips_in_kaggles_words():
    metadata = Kernel(**KERNEL).metadata()
    assert metadata["machine_shape"] == TPU == "TpuV5E8"
    assert (metadata["enable_tpu"], metadata["enable_gpu"]) == ("true", "false")
    assert Kernel(**KERNEL | {"tpu": False}).metadata()["machine_shape"] == ""


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("owner", "Ann B", "owner 'Ann B'"),
        ("title", "abcd", "'abcd' must have 5 to 50"),
        ("title", "t" * 51, "5 to 50"),
        ("title", "a  -- b", "notebook 'ann/a-b'"),
        ("code_file", "teach.py", "teach.py"),
        ("code_file", "../teach.ipynb", "same folder"),
        ("datasets", ("reasoning-wheels",), "must be owner/slug"),
        ("datasets", ("ann/wheel",), "at least 6"),
        ("datasets", ("ann/Wheels-of-mine",), "lower-case"),
        ("kernels", ("ann/four",), "at least 5"),
        ("models", ("google/gemma-3/transformers/gemma-3-1b-it",), "the version a number"),
        ("models", ("google/gemma-3/transformers/gemma-3-1b-it/latest",), "the version a number"),
    ],
)
def test_what_kaggle_would_refuse_of_a_notebook_is_refused_here(field, value, message):
    with pytest.raises(ExportError, match=message):
        Kernel(**KERNEL | {field: value})


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("id", "ann/another", "gives the id 'ann/teaching-reasoning', not 'another'"),
        ("title", "Another title", "gives the id"),
        ("language", "julia", "language is 'julia'"),
        ("kernel_type", "script", "kernel_type"),
        ("is_private", True, "is_private is True"),
        ("enable_tpu", "yes", "enable_tpu is 'yes'"),
        ("enable_tpu", "false", "machine_shape is 'TpuV5E8' with enable_tpu 'false'"),
        ("machine_shape", "NvidiaTeslaT4", "machine_shape"),
        ("dataset_sources", "ann/reasoning-wheels", "must be a list"),
        ("model_sources", [1], "must be a list of texts"),
    ],
)
def test_an_edited_kernel_file_is_read_with_suspicion(key, value, message):
    with pytest.raises(ExportError, match=message):
        Kernel.read(Kernel(**KERNEL).metadata() | {key: value})


def test_a_data_set_survives_its_file():
    dataset = WheelsDataset("ann", "Reasoning wheels")
    assert WheelsDataset.read(dataset.metadata()) == dataset
    assert dataset.metadata()["id"] == "ann/reasoning-wheels"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": "Wheel"}, "6 to 50"),
        ({"title": "W -- --"}, "a data set's slug has 6 to 50"),
        ({"id": "ann/other-wheels"}, "not 'other-wheels'"),
        ({"id": "Ann/reasoning-wheels"}, "owner 'Ann'"),
        ({"licenses": []}, "must have one entry"),
        ({"licenses": ["apache-2.0"]}, "must have one entry"),
        ({"licenses": [{"name": "Apache 2.0"}]}, "'Apache 2.0'"),
        ({"licenses": [{"name": "MIT"}, {"name": "other"}]}, "one entry"),
    ],
)
def test_what_kaggle_would_refuse_of_a_data_set_is_refused_here(changes, message):
    metadata = WheelsDataset("ann", "Reasoning wheels").metadata()
    with pytest.raises(ExportError, match=message):
        WheelsDataset.read(metadata | changes)
