import json
from pathlib import Path

import pytest

from reasoning_data import (
    BuildConfig,
    Cleaning,
    build,
    generate_arithmetic,
    open_build,
    prepare_training_data,
)
from reasoning_data.rendering import get_style
from reasoning_train.config import load_config
from reasoning_train.config.schema import DataSection
from reasoning_train.dataset.finished import check_tokens, open_finished, take_over
from reasoning_train.errors import UserError

BARE = get_style("bare", confidence=False)
"""What the tiny preset asks for."""


def made(folder: Path, **options: object) -> Path:
    drawn = generate_arithmetic(20, seed=0)
    rows = {
        "sft": drawn[:10],
        "grpo": drawn[10:],
        "eval": generate_arithmetic(6, seed=0, held_out=True),
    }
    for name in options.pop("without", ()):  # type: ignore[attr-defined]
        del rows[name]
    prepare_training_data(rows, folder, **{"style": BARE, **options})  # type: ignore[arg-type]
    return folder


def section(folder: Path, *flags: str) -> DataSection:
    return load_config(preset="tiny", flags=["--data.build", str(folder), *flags]).data


def test_a_build_is_taken_over_byte_for_byte(tmp_path: Path, base_folder: Path) -> None:
    folder = made(tmp_path / "made")
    opened = open_finished(section(folder))
    check_tokens(opened, section(folder), base_folder / "tokenizer.model")
    manifest = take_over(opened, tmp_path / "data")
    assert open_build(tmp_path / "data").manifest == manifest
    assert {p.name for p in folder.iterdir()} == {p.name for p in (tmp_path / "data").iterdir()}
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("options", "flags", "message"),
    [
        (
            {"style": "gemma"},
            [],
            r"style 'gemma' with confidence, the run's in 'bare' without confidence: give "
            r"--data\.style gemma --data\.confidence true, or build it again with --style bare",
        ),
        ({"style": "bare"}, [], r"give --data\.confidence true, or build it again"),
        ({"without": ["sft"]}, [], "its split 'sft' has no rows"),
        ({"without": ["eval"]}, [], "name a set that is held out with --data.evaluations"),
        (
            {},
            [
                "--data.evaluations",
                "far=arithmetic:seed=5",
                "near=arithmetic:held_out=false,limit=3",
            ],
            r": 3 training rows .* 'near' \(first 'arithmetic-train-0:0.*--against arithmetic:held",
        ),
    ],
)
def test_a_build_that_does_not_fit_the_run_is_one_line(
    tmp_path: Path, options: dict[str, object], flags: list[str], message: str
) -> None:
    with pytest.raises(UserError, match=message) as error:
        open_finished(section(made(tmp_path / "made", **options), *flags))
    assert "\n" not in str(error.value)


def test_a_build_that_was_changed_is_refused(tmp_path: Path) -> None:
    folder = made(tmp_path / "made", file_format="jsonl")
    path = folder / "sft.jsonl"
    path.write_text(path.read_text().replace("more", "less"))
    with pytest.raises(UserError, match=r"sft.jsonl: its SHA-256"):
        open_finished(section(folder))


def test_instructions_of_ones_own_are_not_the_runs(tmp_path: Path) -> None:
    config = BuildConfig(sources=["arithmetic,limit=60"], style=BARE, instructions="Think!\n")
    build(config, tmp_path / "made")
    with pytest.raises(UserError, match="instructions or endings other than those of the style"):
        open_finished(section(tmp_path / "made"))


def test_texts_that_are_too_long_are_counted_with_the_runs_tokenizer(
    tmp_path: Path, base_folder: Path
) -> None:
    tokenizer = base_folder / "tokenizer.model"
    opened = open_finished(section(made(tmp_path / "made")))
    tight = section(opened.folder, "--data.prompt-tokens", "20")
    with pytest.raises(UserError, match=r"26 of its texts do not fit.*--data\.prompt-") as error:
        check_tokens(opened, tight, tokenizer)
    wide = str(error.value).split("--data.prompt-tokens ")[1].split(",")[0]
    check_tokens(opened, section(opened.folder, "--data.prompt-tokens", wide), tokenizer)
    cut = section(opened.folder, "--data.completion-tokens", "9")
    with pytest.raises(UserError, match=r"10 of its texts.*--max-completion-tokens 9"):
        check_tokens(opened, cut, tokenizer)


def test_a_build_for_another_tokenizer_is_refused(tmp_path: Path, base_folder: Path) -> None:
    tokenizer = base_folder / "tokenizer.model"
    folder = made(
        tmp_path / "made", tokenizer=str(tokenizer), cleaning=Cleaning(max_prompt_tokens=48)
    )
    data = section(folder)
    check_tokens(open_finished(data), data, tokenizer)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["config"]["tokenizer"]["sha256"] = "0" * 64
    path.write_text(json.dumps(manifest))
    with pytest.raises(UserError, match=r"another tokenizer, 'tokenizer\.model'; build it"):
        check_tokens(open_finished(data), data, tokenizer)
