import json

import pytest
from packaging.requirements import Requirement

from reasoning_train.cli import main
from reasoning_train.commands.checks import Verdict, check_version

FLAX = Requirement("flax>=0.12.8,<0.13")


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ("0.12.8", Verdict.RIGHT),
        ("0.12.9.dev1", Verdict.RIGHT),
        ("0.13.0", Verdict.WRONG),
        ("0.11.0", Verdict.WRONG),
        (None, Verdict.WRONG),
    ],
)
def test_versions_are_held_against_what_is_declared(found: str | None, verdict: Verdict) -> None:
    check = check_version(FLAX, found)
    assert check.verdict is verdict
    assert check.to_do == ("" if verdict is Verdict.RIGHT else "pip install 'flax<0.13,>=0.12.8'")


def test_this_machine_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--json"])
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert {"Python", "google-tunix", "jax", "devices", "memory", "disk here"} <= checks.keys()
    assert all(check["verdict"] != Verdict.WRONG for check in checks.values())
    assert checks["google-tunix"]["found"] == "0.1.7"


def test_the_table_says_what_to_install(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor"])
    assert "models known by name" in capsys.readouterr().out
