import pytest

from reasoning_data import DataError
from reasoning_data.builder.staging import MANIFEST, staged_folder


def build(output, text, *, overwrite=False):
    with staged_folder(output, overwrite=overwrite) as folder:
        assert not (output / "new").exists()
        (folder / MANIFEST).write_text(text)
        (folder / "new").touch()


def test_the_folder_appears_whole_and_nothing_else_stays(tmp_path):
    build(tmp_path / "deep" / "out", "1")
    assert (tmp_path / "deep" / "out" / MANIFEST).read_text() == "1"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]


def test_an_empty_folder_may_be_taken(tmp_path):
    (tmp_path / "out").mkdir()
    build(tmp_path / "out", "1")
    assert (tmp_path / "out" / MANIFEST).exists()


def test_another_build_is_replaced_only_on_demand(tmp_path):
    build(tmp_path / "out", "1")
    with pytest.raises(DataError, match="already holds a build"):
        build(tmp_path / "out", "2")
    assert (tmp_path / "out" / MANIFEST).read_text() == "1"
    (tmp_path / "out" / "new").unlink()
    build(tmp_path / "out", "2", overwrite=True)
    assert (tmp_path / "out" / MANIFEST).read_text() == "2"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_no_build_is_never_replaced(tmp_path, kind):
    out = tmp_path / "out"
    if kind == "folder":
        out.mkdir()
        (out / "thesis.txt").write_text("mine")
    else:
        out.write_text("mine")
    with pytest.raises(DataError, match="is not a build"):
        build(out, "1", overwrite=True)
    assert out.exists()


def fail_half_way(output):
    with staged_folder(output, overwrite=True) as folder:
        (folder / MANIFEST).write_text("half")
        raise OSError("full")


def test_a_failure_leaves_the_old_build_and_nothing_beside_it(tmp_path):
    build(tmp_path / "out", "1")
    with pytest.raises(OSError, match="full"):
        fail_half_way(tmp_path / "out")
    assert (tmp_path / "out" / MANIFEST).read_text() == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def race(output):
    with staged_folder(output, overwrite=False) as folder:
        (folder / MANIFEST).write_text("late")
        build(output, "first")


def test_a_build_that_ended_meanwhile_is_not_replaced(tmp_path):
    with pytest.raises(DataError, match="already holds a build"):
        race(tmp_path / "out")
    assert (tmp_path / "out" / MANIFEST).read_text() == "first"
