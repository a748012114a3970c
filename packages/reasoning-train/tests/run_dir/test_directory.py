import errno
import fcntl
import shutil
from pathlib import Path

import pytest

from reasoning_train.config import load_config
from reasoning_train.errors import UserError
from reasoning_train.run_dir.directory import (
    RunDir,
    State,
    begun,
    default_root,
    exclusive,
    open_run,
)


def test_state_survives(tmp_path: Path) -> None:
    run = open_run(tmp_path / "run", load_config())
    state = State(done=("data", "sft"), elapsed_s=12.5, seed=3, steps={"sft": 7})
    run.write_state(state)
    assert run.read_state() == state


def test_a_run_is_continued_with_the_same_settings(tmp_path: Path) -> None:
    config = load_config(preset="tiny")
    assert open_run(tmp_path / "run", config) == open_run(tmp_path / "run", config)


def test_a_folder_with_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("dear")
    with pytest.raises(UserError, match="not empty"):
        open_run(tmp_path, load_config())
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_the_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(UserError, match="is a file"):
        open_run(tmp_path / "run", load_config())


def test_one_process_at_a_time(tmp_path: Path) -> None:
    run = open_run(tmp_path / "run", load_config())
    with exclusive(run), pytest.raises(UserError, match="another process"), exclusive(run):
        pass
    with exclusive(run):
        pass


def test_default_root_continues_the_unfinished_and_counts_on(tmp_path: Path) -> None:
    config = load_config(preset="tiny")
    first = default_root(tmp_path, "tiny", config)
    assert first == tmp_path / "tiny-1"
    run = open_run(first, config)
    assert default_root(tmp_path, "tiny", config) == first
    other = load_config(preset="tiny", flags=["--seed", "1"])
    assert default_root(tmp_path, "tiny", other) == tmp_path / "tiny-2"
    run.write_state(State(done=("export",)))
    assert default_root(tmp_path, "tiny", config) == tmp_path / "tiny-2"


def test_newest_step_is_the_highest_number(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    for step in (9, 10):
        (run.checkpoints / "sft" / str(step) / "model_params").mkdir(parents=True)
    (run.checkpoints / "sft" / "11").mkdir()  # a save that was cut
    assert run.newest_step("sft").parent.name == "10"
    with pytest.raises(UserError, match="no checkpoint"):
        run.newest_step("actor")


def fail_in(root: Path) -> None:
    with begun(root, load_config()):
        raise UserError("no such file")


def test_wrong_input_in_the_first_stage_leaves_no_new_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        fail_in(tmp_path / "runs" / "tiny-1")
    assert not list(tmp_path.iterdir())


def test_wrong_input_later_keeps_what_is_done(tmp_path: Path) -> None:
    with begun(tmp_path / "run", load_config()) as run:
        run.write_state(State(done=("data",)))
    with pytest.raises(UserError):
        fail_in(tmp_path / "run")
    assert RunDir(tmp_path / "run").read_state().done == ("data",)


def test_a_run_that_fails_leaves_another_new_run_beside_it(tmp_path: Path) -> None:
    runs = tmp_path / "new" / "runs"

    def fail_beside_another() -> None:
        with begun(runs / "one", load_config()):
            open_run(runs / "other", load_config())
            raise UserError("no such file")

    with pytest.raises(UserError, match="no such file"):
        fail_beside_another()
    assert [p.name for p in runs.iterdir()] == ["other"]


def test_the_loser_of_the_lock_removes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "run"
    with begun(root, load_config()) as winner:
        # The loser looked before the winner had made the folder.
        exists = Path.exists
        monkeypatch.setattr(Path, "exists", lambda path: path != root and exists(path))
        with pytest.raises(UserError, match="another process"), begun(root, load_config()):
            pass
        monkeypatch.undo()
        assert winner.config.is_file()


def test_a_folder_that_was_there_and_what_others_put_above_it_stay(tmp_path: Path) -> None:
    root = tmp_path / "mine"
    root.mkdir()
    with pytest.raises(UserError, match="no such file"):
        fail_in(root)
    assert root.is_dir()
    assert not list(root.iterdir())


def test_a_run_that_an_earlier_process_began_is_not_removed(tmp_path: Path) -> None:
    open_run(tmp_path / "run", load_config())
    with pytest.raises(UserError, match="no such file"):
        fail_in(tmp_path / "run")
    assert (tmp_path / "run" / "config.toml").is_file()


def test_a_process_that_was_killed_before_its_config_does_not_block_the_folder(
    tmp_path: Path,
) -> None:
    root = tmp_path / "run"
    root.mkdir()
    (root / ".lock").write_text("1")
    (root / ".config.toml.tmp").write_text("seed")
    with begun(root, load_config()) as run:
        assert run.config.is_file()


def test_a_folder_that_was_removed_before_it_was_locked_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = open_run(tmp_path / "run", load_config())
    flock = fcntl.flock

    def removed_first(file: object, operation: int) -> None:
        shutil.rmtree(run.root)
        flock(file, operation)  # type: ignore[arg-type]

    monkeypatch.setattr(fcntl, "flock", removed_first)
    with pytest.raises(UserError, match="try again"), exclusive(run):
        pass


def test_a_file_system_without_locks_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = open_run(tmp_path / "run", load_config())

    def unsupported(file: object, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with pytest.raises(UserError, match=r"does not support file locks.*local disk"), exclusive(run):
        pass


@pytest.mark.parametrize("damage", ["", "{}", '{"done": 1}', '{"done": [], "unknown": 1}'])
def test_a_damaged_state_is_that_of_the_stage_before_or_one_line(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    run = open_run(tmp_path / "run", load_config())
    run.state.write_text(damage)
    with pytest.raises(UserError, match=r"state\.json.*damaged"):
        run.read_state()
    run.write_state(State(done=("data",)))
    run.write_state(State(done=("data", "base")))
    run.state.write_text(damage)
    assert run.read_state().done == ("data",)
    assert "previous content" in caplog.text
