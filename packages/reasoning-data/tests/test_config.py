import pytest
from pydantic import ValidationError

from reasoning_data import BuildConfig, Cleaning, DataError
from reasoning_data.config import read_config
from reasoning_data.errors import Reason


def parsed(tmp_path, text):
    path = tmp_path / "build.toml"
    path.write_text(text)
    values, output = read_config(path)
    return BuildConfig.parse(values), output


def test_a_whole_configuration(tmp_path):
    config, output = parsed(
        tmp_path,
        'output = "data"\nseed = 3\nsources = ["arithmetic,limit=5"]\n[fractions]\nsft = 1.0\n'
        '[cleaning]\nngram = 8\nnear_threshold = 1\nreport_only = ["gold_not_last"]\n',
    )
    assert (output, config.seed) == ("data", 3)
    assert config.sources[0].limit == 5
    assert config.fractions == {"sft": 1.0, "grpo": 0.0, "eval": 0.0}
    assert config.cleaning == Cleaning(
        ngram=8, near_threshold=1.0, report_only=frozenset({Reason.GOLD_NOT_LAST})
    )


def test_a_source_may_be_text_or_a_table(tmp_path):
    config, _ = parsed(tmp_path, '[[sources]]\nkind = "arithmetic"\nlimit = 5\n')
    assert config == BuildConfig(sources=["arithmetic,limit=5"])


def test_a_configuration_survives_being_dumped():
    config = BuildConfig(sources=["arithmetic,limit=5"], against=["arithmetic,held_out=true"])
    assert BuildConfig.model_validate(config.model_dump(mode="json")) == config


def test_instructions_and_confidence_change_the_named_style():
    style = BuildConfig(sources=["arithmetic"], instructions="Think.").prompt_style()
    assert (style.name, style.instructions, style.confidence) == ("gemma", "Think.", True)
    named = BuildConfig(sources=["arithmetic"], confidence=False).prompt_style()
    assert not named.confidence
    assert "onfidence" not in named.instructions
    assert "<reasoning>" in named.instructions


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source = ['arithmetic']", "no option 'source'; did you mean 'sources'"),
        ("sources = []", "sources = .*: tuple should have at least 1 item"),
        ("sources = ['arithmetic', 'arithmetic']", "two sources are named 'arithmetic'"),
        ("sources = ['gsm8k:a.jsonl,wieght=2']", "no option 'wieght'; did you mean 'weight'"),
        ("sources = ['foo:a.jsonl']", "no kind of source 'foo'"),
        ("sources = ['arithmetic']\nseed = 'a'", "seed = 'a': input should be a valid integer"),
        ("sources = ['arithmetic']\nstyle = 'plain'", "no prompt style 'plain'; choose one of"),
        ("sources = ['arithmetic']\n[fractions]\nsft = 0.5", "add up to 1"),
        ("sources = ['arithmetic']\n[fractions]\ntrain = 1", "no split 'train'"),
        ("seed =", "is not valid TOML"),
    ],
)
def test_a_wrong_configuration_says_so(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        parsed(tmp_path, text)


def test_a_missing_configuration_says_so(tmp_path):
    with pytest.raises(DataError, match="no such configuration file"):
        read_config(tmp_path / "build.toml")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"ngarm": 3}, "no option 'ngarm'; did you mean 'ngram'"),
        ({"ngram": "three"}, "ngram = 'three': input should be a valid integer"),
        ({"ngram": -1}, "greater than or equal to 0"),
        ({"near_threshold": 2}, "less than or equal to 1"),
        ({"permutations": 4}, "permutations = 4"),
        ({"report_only": ["gold"]}, "report_only"),
    ],
)
def test_wrong_cleaning_options_say_so(values, message):
    with pytest.raises(DataError, match=message):
        Cleaning.parse(values)
    with pytest.raises(ValidationError):
        Cleaning(**values)
