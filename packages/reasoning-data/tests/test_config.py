import pytest

from reasoning_data import Cleaning, DataError
from reasoning_data.config import cleaning_from, read_config
from reasoning_data.errors import Reason


def test_a_whole_configuration(tmp_path):
    path = tmp_path / "build.toml"
    path.write_text(
        'output = "data"\nseed = 3\n[fractions]\nsft = 1.0\n'
        '[cleaning]\nngram = 8\nnear_threshold = 1\nreport_only = ["gold_not_last"]\n'
        '[[source]]\nkind = "arithmetic"\nlimit = 5\n'
    )
    config = read_config(path)
    assert (config["output"], config["seed"]) == ("data", 3)
    assert config["source"] == [{"kind": "arithmetic", "limit": 5}]
    assert cleaning_from(config["cleaning"]) == Cleaning(
        ngram=8, near_threshold=1.0, report_only=frozenset({Reason.GOLD_NOT_LAST})
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("outptu = 'a'", "no option 'outptu'"),
        ("seed = 'a'", "seed has the wrong type: 'a'"),
        ("seed = true", "seed has the wrong type: True"),
        ("seed =", "is no TOML"),
    ],
)
def test_a_wrong_configuration_says_so(tmp_path, text, message):
    path = tmp_path / "build.toml"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_config(path)


def test_a_missing_configuration_says_so(tmp_path):
    with pytest.raises(DataError, match="no such configuration file"):
        read_config(tmp_path / "build.toml")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"ngarm": 3}, "no option 'ngarm'"),
        ({"ngram": "3"}, "ngram has the wrong type"),
        ({"ngram": -1}, "must not be negative"),
        ({"near_threshold": 2}, "must lie in"),
        ({"permutations": 4}, "permutations >= 16"),
        ({"report_only": ["gold"]}, "no reason 'gold'"),
    ],
)
def test_wrong_cleaning_options_say_so(values, message):
    with pytest.raises(DataError, match=message):
        cleaning_from(values)
