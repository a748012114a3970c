"""The list of mutants fits the source and the tests; that they are killed is `nox -s mutants`."""

import importlib.util
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("mutants", PACKAGE / "scripts/mutants.py")
assert SPEC is not None
assert SPEC.loader is not None
mutants = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(mutants)


@pytest.mark.parametrize("mutant", mutants.read_mutants(), ids=lambda m: m.name)
def test_a_mutant_changes_one_place_and_names_tests_that_are_there(mutant) -> None:  # type: ignore[no-untyped-def]
    text = (PACKAGE / "src/reasoning_train" / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.old) == 1
    assert mutant.old != mutant.new
    for test in mutant.tests:
        path, _, name = test.partition("::")
        assert (PACKAGE / path).is_file()
        assert f"def {name.partition('[')[0]}" in (PACKAGE / path).read_text(encoding="utf-8")
