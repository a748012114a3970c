import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_data import DataError, prepare_training_data
from reasoning_data.inspect.preview import histogram, preview


@pytest.fixture
def build(problems, tmp_path):
    prepare_training_data({"sft": problems[:5], "grpo": problems[5:9]}, tmp_path / "out")
    return tmp_path / "out"


def test_the_loss_is_on_the_completion_alone(build, sentencepiece_model):
    view = preview(build, count=2, start=2, tokenizer=str(sentencepiece_model))
    assert [row.id for row in view.rows] == ["made:1", "made:2"]
    for row in view.rows:
        assert row.tokens[0].text == "<bos>"
        without = "".join(token.text for token in row.tokens[1:] if not token.loss)
        with_loss = "".join(token.text for token in row.tokens if token.loss)
        assert without.endswith("<start_of_turn>model\n")
        assert with_loss.startswith("<reasoning>")
        assert with_loss.endswith("<end_of_turn>")
        losses = [token.loss for token in row.tokens]
        assert losses == sorted(losses)
    assert [found.unit for found in view.histograms] == ["tokens", "tokens"]


def test_tasks_have_a_gold_and_no_loss(build):
    view = preview(build, "grpo", count=1)
    assert view.rows[0].gold == "27"
    assert not any(token.loss for token in view.rows[0].tokens)
    assert [(found.name, found.unit) for found in view.histograms] == [("prompt", "characters")]


@given(st.lists(st.integers(1, 5000), min_size=1))
def test_a_histogram_counts_every_length_once(lengths):
    found = histogram("prompt", "tokens", lengths)
    assert sum(found.counts) == len(lengths)
    assert len(found.counts) == len(found.edges) - 1 <= 12
    for low, high, count in zip(found.edges, found.edges[1:], found.counts, strict=False):
        assert count == sum(low <= length < high for length in lengths)


@pytest.mark.parametrize("wrong", [{"split": "test"}, {"count": -1}, {"start": 0}])
def test_wrong_choices_are_refused(build, wrong):
    with pytest.raises(DataError):
        preview(build, **wrong)


def test_an_empty_split_has_an_empty_preview(build):
    view = preview(build, "eval")
    assert view.rows == ()
    assert view.histograms[0].counts == ()
