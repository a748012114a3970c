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
    two_parts = {"correctness": 12 / 17, "structure": 5 / 17, "confidence": 0.0}
    lines = dict(story(replace(run, config={"reward": two_parts})))
    assert lines["Reward"] == "correctness 0.706, structure 0.294, confidence 0"
    reward = {"correctness": 0.6, "structure": 0.4, "structure_at_end": 0.1, "extra": ["m:f:0.1"]}
    other = replace(run, config={"reward": reward, "grpo": {"steps": 4, "bound": "clock"}})
    lines = dict(story(other))
    assert lines["Reward"] == "correctness 0.6, structure 0.4, structure at end 0.1, m:f:0.1"
    assert lines["GRPO"].startswith("as many steps as the clock allows, of ")
    full = replace(run, manifest={**run.manifest, "training": "full"})
    assert dict(story(full))["Trained"] == "all weights"


def test_what_was_sampled_and_how_long_the_kept_traces_are_is_part_of_the_story(
    run: RunView,
) -> None:
    drawn = {"problems": 40, "completions": 160, "correct": 0.4875, "mixed": 21, "never": 11,
             "always": 8}  # fmt: skip
    own = {"right": 27, "wrong": 23, "tokens_kept": 28.59, "tokens_right_samples": 29.92}
    lines = dict(story(replace(run, sampling=drawn, own_traces=own)))
    assert lines["Samples"] == (
        "160 of 40 problems, 48.8 % right; 52.5 % of the problems solved sometimes, 27.5 % never, "
        "20.0 % always"
    )
    assert (
        "27 right ones of 28.6 tokens on average (29.9 in all right ones)"
        in (lines["SFT on own samples"])
    )
    assert "the confidence line of 23 wrong ones" in lines["SFT on own samples"]
    nothing = replace(run, own_traces={**own, "right": 0, "tokens_kept": None})
    assert "on 0 right ones, and" in dict(story(nothing))["SFT on own samples"]
    assert not {"Samples", "SFT on own samples"} & dict(story(run)).keys()


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
