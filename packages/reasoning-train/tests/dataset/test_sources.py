from pathlib import Path

import pytest

from reasoning_data import Source
from reasoning_train.config import RunConfig, load_config
from reasoning_train.dataset.sources import (
    evaluation_sources,
    training_build,
    training_sources,
    wanted,
)
from reasoning_train.errors import UserError

SMALL = ["--data.sft-problems", "30", "--data.grpo-problems", "40", "--data.eval-problems", "20"]


def config_of(*flags: str, seed: int = 0) -> RunConfig:
    return load_config(preset="tiny", flags=[*SMALL, "--seed", str(seed), *flags])


def drawn(source: Source) -> list[str]:
    return [item.problem.id for item in source.items(max_row_bytes=1 << 20)]  # type: ignore[union-attr]


def test_the_generator_draws_each_split_apart_and_holds_out_its_other_side() -> None:
    sft, grpo, held_out = training_sources(config_of("--validation.problems", "5", seed=3))
    assert [s.split for s in (sft, grpo, held_out)] == ["sft", "grpo", "eval"]
    assert len(drawn(sft)) == 30
    assert len(drawn(grpo)) == 45  # validation's come on top
    assert len(drawn(held_out)) == 20
    assert not set(drawn(sft)) & set(drawn(grpo))
    assert drawn(held_out)[0].startswith("arithmetic-held-out-0:")


def test_seeds_share_what_is_held_out_and_nothing_else() -> None:
    one, two = (training_sources(config_of(seed=seed)) for seed in (1, 2))
    assert one[2] == two[2]
    assert not set(drawn(one[0])) & set(drawn(two[0]))
    fixed = [
        training_sources(config_of("--data.sources", "arithmetic:seed=9", seed=s)) for s in (1, 2)
    ]
    assert fixed[0] == fixed[1]


def test_a_limited_generator_is_divided_in_proportion() -> None:
    sft, grpo, _ = training_sources(config_of("--data.sources", "arithmetic:limit=35"))
    assert (sft.limit, grpo.limit, grpo.skip) == (15, 20, 15)


def test_a_generator_that_has_fewer_is_divided_in_proportion() -> None:
    flags = ["--data.sources", "arithmetic:steps=1"]  # 800 on either side, 6,000 and 500 wanted
    sft, grpo, held_out = training_sources(load_config(preset="tiny", flags=flags))
    assert (sft.limit, grpo.limit, held_out.limit) == (267, 533, 500)
    assert len(set(drawn(sft)) | set(drawn(grpo))) == 800


def test_files_are_divided_by_the_numbers_which_cap_them(write_rows, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    config = config_of("--data.sources", f"rows:{write_rows('mine.csv', 9)}")
    build = training_build(config, tmp_path)
    assert build.fractions == {"sft": 30 / 90, "grpo": 40 / 90, "eval": 20 / 90}
    assert build.caps == wanted(config) == {"sft": 30, "grpo": 40, "eval": 20}
    assert (build.seed, build.held_out_seed, build.style) == (0, 0, "bare")
    assert [s.split for s in build.sources] == [""]


def test_with_evaluation_sets_nothing_of_the_sources_is_held_out(tmp_path: Path) -> None:
    flags = ("--data.evaluations", "easy=arithmetic:steps=1", "own=arithmetic:seed=7,limit=3")
    build = training_build(config_of(*flags), tmp_path)
    assert build.caps["eval"] == build.fractions["eval"] == 0
    assert [s.split for s in build.sources] == ["sft", "grpo"]
    assert [s.name for s in build.against] == ["easy", "own"]
    sets = evaluation_sources(config_of(*flags).data)
    assert all(s.held_out and s.split == "eval" for s in sets.values())  # never what trains
    assert (sets["easy"].limit, sets["own"].limit, sets["own"].seed) == (20, 3, 7)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--data.sources", "gsm9k:a.jsonl"], r"data\.sources: no kind of source 'gsm9k'"),
        (["--data.sources", "rows:-"], "cannot read standard input again"),
        (["--data.sources", "gsm8k:openai/gsm8k"], "pin the commit with"),
        (["--data.sources", "arithmetic:limit=x"], "limit = 'x': input should be"),
        (["--data.sources", "gsm8k:a.jsonl", "gsm8k:a.jsonl"], "two sources are named 'gsm8k-a'"),
    ],
)
def test_a_source_that_cannot_be_understood_is_one_line(
    flags: list[str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=message) as error:
        training_build(config_of(*flags), tmp_path)
    assert "\n" not in str(error.value)
