from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from reasoning_train.report.load import RunView, load_run
from reasoning_train.report.settings import clip, differences, sections, story


def test_the_story_of_a_run(run: RunView) -> None:
    lines = dict(story(run))
    assert lines["Model"].startswith("tiny-gemma3")
    assert lines["Trained"].startswith("LoRA of rank ")
    assert lines["GRPO"].startswith("4 steps of ")
    assert lines["Reward"] == "correctness 0.6, structure 0.25, confidence 0.15"
    reward = {"correctness": 0.6, "structure": 0.4, "structure_at_end": 0.1, "extra": ["m:f:0.1"]}
    other = replace(run, config={"reward": reward, "grpo": {"steps": 4, "bound": "clock"}})
    lines = dict(story(other))
    assert lines["Reward"] == "correctness 0.6, structure 0.4, structure at end 0.1, m:f:0.1"
    assert lines["GRPO"].startswith("as many steps as the clock allows, of ")
    full = replace(run, manifest={**run.manifest, "training": "full"})
    assert dict(story(full))["Trained"] == "all weights"


def test_a_run_without_settings_has_a_story_too(run: RunView) -> None:
    assert story(replace(run, config={}, manifest={})) == [("Seed", "?")]


def test_all_settings_by_section(run: RunView) -> None:
    found = dict(sections(run.config))
    assert found["run"] == [("seed", "0"), ("budget", "(empty)")]
    assert ("steps", "6") in found["sft"]


def test_what_differs(make_run: Callable[..., Path]) -> None:
    first = load_run(make_run("a"))
    second = load_run(make_run("b", flags=["--seed", "1", "--grpo.temperature", "0.7"]))
    assert differences(first, first) == []
    assert differences(first, second) == [
        ("seed", "0", "1"), ("grpo.temperature", "1.0", "0.7")
    ]  # fmt: skip
    other = replace(second, data_manifest_sha256="beef", manifest={"git_commit": "abc"})
    assert differences(first, second, first)[0] == ("seed", "0", "1", "0")
    names = [key for key, *_ in differences(first, other)]
    assert names == ["seed", "grpo.temperature", "base config.json", "data manifest", "git commit"]


def test_long_values_are_cut() -> None:
    assert clip("x" * 500) == "x" * 400 + " … (100 more characters)"
