from pathlib import Path

import pytest

from reasoning_train.config import dump_toml, load_config, preset_names
from reasoning_train.config.load import KEYS, flags_help
from reasoning_train.errors import UserError


@pytest.mark.parametrize("name", preset_names())
def test_every_shipped_preset_loads(name: str) -> None:
    load_config(preset=name)


@pytest.mark.parametrize("name", preset_names())
def test_a_resolved_configuration_reads_back_to_the_same(name: str, tmp_path: Path) -> None:
    config = load_config(preset=name, flags=["--seed", "7"])
    file = tmp_path / "config.toml"
    file.write_text(dump_toml(config))
    assert load_config(file=file) == config


def test_layers_defaults_preset_file_flags(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[sft]\nsteps = 11\nbatch_size = 12\n")
    config = load_config(preset="gemma3-270m-cpu", file=file, flags=["--sft.batch-size", "13"])
    assert config.model.name == "gemma3-270m"  # preset
    assert config.sft.steps == 11  # file over preset
    assert config.sft.batch_size == 13  # flag over file
    assert config.grpo.temperature == 1.0  # default


def test_flags_may_be_written_with_underscores_and_equals() -> None:
    config = load_config(flags=["--grpo.num_generations=4"])
    assert config.grpo.num_generations == 4


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--grpo.num-generation", "8"], r"unknown flag.*did you mean grpo\.num-generations"),
        (["--grpo.lr", "1"], r"did you mean grpo\.learning-rate"),
        (["--sft.epochs", "1"], r"unknown flag --sft\.epochs; sft has steps, bound"),
        (["--data.train", "x"], r"--data\.train is gone: write --data\.sources gsm8k:TRAIN"),
        (["--data.build", "x", "--data.sources", "y"], r"leave data\.sources out"),
        (
            ["--data.evaluations", "gsm8k:t.jsonl"],
            r"is NAME=SOURCE, such as test=gsm8k:test\.jsonl",
        ),
        (["--data.evaluations", "a=x", "a=y"], "two evaluation sets have one name: a, a"),
        (["--data.evaluations", "../a=x"], "NAME=SOURCE"),
        (["--data.sources", "[]"], r"data\.sources is empty"),
        (["--grpo.num-generations", "1"], r"grpo\.num_generations = '1'"),
        (["--sft.steps", "many"], r"sft\.steps = 'many'"),
        (["--data.style", "bear"], r"data\.style = 'bear'.*'gemma-pt' or 'bare'"),
        (["--reward.correctness", "0.9"], "weights sum to 1.3"),
        (["--data.confidence", "maybe"], r"data\.confidence = 'maybe'"),
        (
            ["--data.confidence", "false", "--reward.confidence", "0.15"],
            r"reward\.confidence 0\.15 needs data\.confidence true",
        ),
        (
            ["--data.confidence", "false", "--reward.confidence-at-end", "0.3"],
            r"reward\.confidence_at_end 0\.3 needs data\.confidence true",
        ),
        (["--data.confidence", "false", "--reward.correctness", "0.6"], "weights sum to 0.85"),
        (["--grpo.micro-batch", "5"], "does not divide"),
        (["--sft.steps"], "expected one argument"),
        (["--sft.learning-rate", "inf"], r"sft\.learning_rate = 'inf': input should be a finite"),
        (["--grpo.learning-rate", "nan"], r"grpo\.learning_rate = 'nan': input should be a finite"),
        (["--grpo.kl-coefficient", "inf"], r"grpo\.kl_coefficient = 'inf'"),
        (["stray"], "unrecognized arguments: stray"),
    ],
)
def test_wrong_flags_are_one_line(flags: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message) as error:
        load_config(flags=flags)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[grpo]\nnum_generation = 8\n", r"unknown key 'grpo\.num_generation'.*num_generations"),
        ("[grop]\nsteps = 8\n", r"unknown key 'grop\.steps'; did you mean 'grpo\.steps'"),
        ("[grpo\n", "cannot read"),
        ("[data]\nsource = 'gsm8k'\n", r"data\.source is gone: write data\.sources = "),
        ("[sft]\nsteps = 'x'\n", r"sft\.steps = 'x'"),
    ],
)
def test_wrong_files_are_one_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text)
    with pytest.raises(UserError, match=message) as error:
        load_config(file=file)
    assert "\n" not in str(error.value)


def test_a_missing_file_and_preset() -> None:
    with pytest.raises(UserError, match="cannot read"):
        load_config(file=Path("nowhere.toml"))
    with pytest.raises(UserError, match="unknown preset 'tiniest'; presets: gemma3-270m-cpu"):
        load_config(preset="tiniest")


def test_help_tells_every_key() -> None:
    text = flags_help("tiny")
    for key in KEYS:
        assert f"--{key.replace('_', '-')}" in text


def test_weights_that_move_need_a_last_step() -> None:
    flags = ["--budget", "1h", "--grpo.bound", "clock", "--reward.structure-at-end", "0.1"]
    with pytest.raises(UserError, match=r"need grpo\.bound steps"):
        load_config(preset="tiny", flags=flags)
    with pytest.raises(UserError, match="needs a budget"):
        load_config(preset="tiny", flags=["--sft.bound", "clock"])


def test_a_stage_that_the_clock_ends_may_warm_up_over_more_steps_than_it_would_have() -> None:
    flags = ["--budget", "1h", "--grpo.bound", "clock", "--grpo.warmup-steps", "99"]
    assert load_config(flags=flags).grpo.warmup_steps == 99


def test_help_shows_the_values_of_the_preset() -> None:
    text = " ".join(flags_help("gemma3-270m-cpu").split())
    assert "(gemma3-270m-cpu: 'gemma3-270m')" in text
    assert "(default:" not in text


def test_a_file_may_name_the_preset_that_it_is_laid_over(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('preset = "kaggle-gemma3-1b"\n[sft]\nsteps = 77\n')
    config = load_config(file=file)
    assert (config.model.name, config.sft.steps) == ("gemma3-1b-it", 77)
    assert load_config(preset="tiny", file=file).model.name == "tiny-gemma3"  # the flag decides
    file.write_text('preset = "nowhere"\n')
    with pytest.raises(UserError, match="unknown preset 'nowhere'"):
        load_config(file=file)


def test_sources_keep_their_commas_and_come_several_at_once() -> None:
    one, two, three = "rows:a.csv,question=q,answer=a", "arithmetic:steps=1", "gsm8k:b.jsonl"
    data = load_config(flags=["--data.sources", one, two, f"--data.sources={three}"]).data
    assert data.sources == (one, two, three)
    sets = ["--data.evaluations", f"own={one}", "easy=arithmetic,steps=1"]
    assert load_config(flags=sets).data.named_evaluations == {
        "own": one,
        "easy": "arithmetic,steps=1",
    }


def test_evaluation_sets_may_be_a_table_and_read_back_to_the_same(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('[data.evaluations]\nb = "gsm8k:t.jsonl"\na = "rows:m.csv,answer=x"\n')
    config = load_config(file=file)
    assert list(config.data.named_evaluations) == ["b", "a"]
    file.write_text(dump_toml(config))
    assert load_config(file=file) == config


def test_data_of_ones_own_replaces_all_data_of_the_preset(tmp_path: Path) -> None:
    assert load_config(preset="kaggle-gemma3-1b").data.named_evaluations.keys() == {"gsm8k"}
    flags = ["--data.sources", "rows:mine.csv"]
    data = load_config(preset="kaggle-gemma3-1b", flags=flags).data
    assert (data.sources, data.evaluations) == (("rows:mine.csv",), ())
    assert data.sft_problems == 400  # numbers and lengths stay
    data = load_config(preset="kaggle-gemma3-1b", flags=["--data.build", "made"]).data
    assert (data.build, data.sources, data.evaluations) == ("made", (), ())
    file = tmp_path / "c.toml"
    file.write_text('[data]\nsources = ["rows:mine.csv"]\n')
    assert load_config(preset="kaggle-gemma3-1b", file=file).data.evaluations == ()
    more = ["--data.evaluations", "own=rows:held.csv"]
    data = load_config(preset="kaggle-gemma3-1b", flags=more).data
    assert data.sources[0].startswith("gsm8k:")
    assert data.evaluations == ("own=rows:held.csv",)
