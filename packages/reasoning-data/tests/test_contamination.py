import pytest

from reasoning_data import Cleaning
from reasoning_data.contamination import EvaluationIndex
from reasoning_data.errors import Reason
from reasoning_data.near import sketch
from reasoning_data.text import HashedWords

EVAL = (
    "A farmer walks nine miles north along the old river road every single morning before he feeds "
    "his 14 goats and collects 30 eggs."
)


def search(questions, cleaning=None, named=True):
    cleaning = cleaning or Cleaning()
    index = EvaluationIndex.build([("test:1", EVAL, named)], cleaning)
    hashed = HashedWords.of(questions)
    sketches = sketch(questions, hashed, cleaning) if cleaning.near_threshold else None
    return [hit and hit.reason for hit in index.search(questions, hashed, sketches)]


def test_each_kind_of_contamination_has_its_reason():
    assert search(
        [
            EVAL.upper(),
            EVAL.replace("single", "cold"),
            "Ann walks nine miles north along the old river road every single morning before 8.",
            "Ann walks nine miles north along the old river road every single day before 8.",
            "Something else entirely, about 14 goats.",
        ]
    ) == [
        Reason.CONTAMINATED_EXACT,
        Reason.CONTAMINATED_NEAR,
        Reason.CONTAMINATED_NGRAM,
        None,
        None,
    ]


def test_the_builds_own_evaluation_rows_have_a_reason_of_their_own():
    shared = "Ann walks nine miles north along the old river road every single morning before 8."
    assert search([shared], named=False) == [Reason.EVAL_NGRAM]


def test_searches_that_are_off_find_nothing():
    cleaning = Cleaning(ngram=0, near_threshold=0)
    assert search([EVAL.replace("single", "cold"), EVAL], cleaning) == [
        None,
        Reason.CONTAMINATED_EXACT,
    ]


def test_a_question_shorter_than_the_ngram_counts_as_a_whole():
    index = EvaluationIndex.build([("test:1", "What is 6 times 7?", True)], Cleaning())
    texts = ["what is 6 times 7", "Tom asks: what is 6 times 7?"]
    hits = index.search(texts, HashedWords.of(texts), None)
    assert [hit and hit.reason for hit in hits] == [Reason.CONTAMINATED_NGRAM, None]


def test_a_named_set_is_reported_before_the_builds_own_rows():
    index = EvaluationIndex.build(
        [("gsm8k/1", EVAL, True), ("own:1", EVAL + " Why?", False)], Cleaning(near_threshold=0)
    )
    texts = [EVAL + " How?"]
    hit = index.search(texts, HashedWords.of(texts), None)[0]
    assert hit is not None
    assert (hit.reason, "gsm8k/1" in hit.detail) == (Reason.CONTAMINATED_NGRAM, True)


@pytest.mark.parametrize("questions", [[], ["one question"]])
def test_without_evaluation_questions_nothing_is_found(questions):
    index = EvaluationIndex.build([], Cleaning())
    hashed = HashedWords.of(questions)
    assert index.search(questions, hashed, sketch(questions, hashed, Cleaning())) == [
        None for _ in questions
    ]
