import sys
from pathlib import Path

import pytest

from reasoning_train.config import load_config
from reasoning_train.errors import UserError
from reasoning_train.run_dir.directory import RunDir
from reasoning_train.tracking import check_installed, open_sinks


def test_tensorboard_is_there_unless_it_is_not_wanted(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    with open_sinks(load_config(), run, 0.0) as sinks:
        assert [type(sink).__name__ for sink in sinks] == ["TensorBoard"]
    off = load_config(flags=["--track.tensorboard", "false"])
    with open_sinks(off, run, 0.0) as sinks:
        assert sinks == ()


def test_without_the_package_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(UserError, match=r"pip install 'wandb"):
        check_installed()
