import pytest

from reasoning_data import Cleaning
from reasoning_data.checks.contamination import EvaluationIndex, Question
from reasoning_data.checks.hashed_words import HashedWords
from reasoning_data.checks.near_duplicates import sketch
from reasoning_data.errors import Reason

EVAL = (
    "A farmer walks nine miles north along the old river road every single morning before he feeds "
    "his 14 goats and collects 30 eggs."
)


SHORT = [
    "What is the value of $\\sqrt{49+15}$?",
    "How many prime factors does 420 have?",
    "Solve for x: 3x - 7 = 20",
    "What is 17% of 250?",
    "Compute $12 \\cdot 13$.",
    "Find the area of a circle with radius 6.",
    "What is the remainder when 2^10 is divided by 7?",
    "A train goes 60 km in 45 minutes. How fast is it?",
    "Which planet of the sun has the most moons?",
    "Evaluate $\\log_2 64$.",
    "Is 91 a prime number?",
    "What is the 10th term of 3, 7, 11, ...?",
]
WRAPPERS = [
    "Return your final response within \\boxed{{}}. {}",
    "{}\nPlease reason step by step, and put your final answer within \\boxed{{}}.",
    "Solve the following math problem step by step. The last line of your response should be of "
    "the form Answer: $Answer (without quotes) where $Answer is the answer to the problem.\n\n"
    "{}\n\n"
    'Remember to put your answer on its own line after "Answer:".',
    "Question: What is 2 + 3?\nAnswer: 5\n\nQuestion: {}\nAnswer:",
    "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n",
    "**Problem.** {}\n\n**Solution.**",
]


def question(text, core="", named=True):
    return Question("test:1", text, core or text, named)


def find(evaluation, texts, cleaning=None, cores=None):
    cleaning = cleaning or Cleaning()
    index = EvaluationIndex.build(evaluation, cleaning)
    hashed = HashedWords.of(texts)
    sketches = sketch(texts, hashed, cleaning) if cleaning.near_threshold else None
    return index.search(texts, hashed, sketches, cores)


def search(texts, cleaning=None, named=True, evaluation=EVAL):
    hits = find([question(evaluation, named=named)], texts, cleaning)
    return [hit and hit.reason for hit in hits]


def test_each_kind_of_contamination_has_its_reason():
    assert search(
        [
            EVAL.upper(),
            EVAL.removesuffix("."),
            EVAL.replace("single", "cold"),
            f"Read what stands here with all the care you have. {EVAL} How many eggs is that for "
            "each of them, if they all lay equally many?",
            "He feeds his 14 goats and collects 30 eggs. A farmer walks nine miles north along the "
            "old river road every single morning.",
            "Ann walks nine miles north along the old river road every single morning before 8.",
            "Ann walks nine miles north along the old river road every single day before 8.",
            "Something else entirely, about 14 goats.",
        ]
    ) == [
        Reason.CONTAMINATED_EXACT,
        Reason.CONTAMINATED_EXACT,
        Reason.CONTAMINATED_NEAR,
        Reason.CONTAMINATED_NGRAM,
        Reason.CONTAMINATED_NGRAM,
        Reason.EVAL_NGRAM,
        None,
        None,
    ]


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("short", SHORT)
def test_a_short_question_is_found_in_its_wrappers(short, wrapper):
    (hit,) = find([question(short)], [wrapper.format(short)])
    assert hit is not None
    assert hit.reason is not Reason.EVAL_NGRAM
    assert find([question(short)], [wrapper.format("How many legs have 8 spiders in all?")]) == [
        None
    ]


@pytest.mark.parametrize(
    ("evaluation", "text"),
    [
        (
            "How many prime factors does 420 have?",
            "How many prime factors does 420 have that are odd?",
        ),
        ("How many prime factors does 420 have?", "How many prime factors does 240 have?"),
        ("What is 17 + 25?", "What is 17 + 25 * 3?"),
        ("What is 17 + 25?", "What is 17 - 25?"),
        ("What is $\\sqrt{49+15}$?", "What is $\\sqrt{49}+15$?"),
        (
            "Which is true?\n(A) tin is soft\n(B) it is not",
            "Which is true?\n(A) 2 is odd\n(B) 3 is",
        ),
        (
            "Ann has 3 figs. Bob has 5 more figs than Ann. How many figs does Bob have?",
            "Ann has 3 figs. Bob has 5 more figs than Ann. How many figs do they have in total?",
        ),
        ("How many are left?", "Tom has 5 nuts and eats 2. How many are left?"),
        (EVAL, EVAL.replace("14", "15")),
        (
            "Let $f$ be a function from the set of real numbers to the set of real numbers such "
            "that $f(2x)=f(x)+4$ and $f(1)=7$. Find $f(8)$.",
            "Let $f$ be a function from the set of real numbers to the set of real numbers such "
            "that $f(3x)=2f(x)$ and $f(1)=5$. Find $f(9)$.",
        ),
    ],
)
def test_another_problem_in_like_words_stays(evaluation, text):
    assert search([text], evaluation=evaluation)[0] in (None, Reason.EVAL_NGRAM)


@pytest.mark.parametrize(
    ("evaluation", "text"),
    [
        ("How many prime factors does 420 have?", "Find the number of prime factors of 420."),
        ("What is $\\sqrt{49+15}$?", "What is \\(\\sqrt{49 + 15}\\)?"),
        (
            "Tom's dog - a terrier - eats 3 cups.",
            "Tom\u2019s dog \u2013 a terrier \u2013 eats 3 cups.",
        ),
        ("Which melts first?\n(A) tin\n(B) iron", "Which melts first?\n(A) iron\n(B) tin"),
        (
            "Which gas do green plants take in?\n(A) neon\n(B) argon",
            "Which gas do green plants take in?",
        ),
        ("A city has 1,200 wells.", "A ci\u200bty has 1200 wells."),
    ],
)
def test_another_wording_of_the_same_is_found(evaluation, text):
    assert search([text], evaluation=evaluation)[0] in (
        Reason.CONTAMINATED_EXACT,
        Reason.CONTAMINATED_NEAR,
    )


def test_where_numbers_do_not_matter_a_shared_run_is_enough():
    shared = "Ann walks nine miles north along the old river road every single morning before 8."
    assert search([shared], Cleaning(numbers_matter=False)) == [Reason.CONTAMINATED_NGRAM]


def test_a_question_is_looked_for_without_its_wrapping_too():
    wrapped, core = f"Think hard about this one: {EVAL}", EVAL.replace("single", "cold")
    evaluation = [question(wrapped, EVAL)]
    assert [hit and hit.reason for hit in find(evaluation, [EVAL, core])] == [
        Reason.CONTAMINATED_EXACT,
        Reason.CONTAMINATED_NEAR,
    ]
    text = f"Think hard about this one, and about nothing else at all, I ask you: {core}"
    assert find([question(EVAL)], [text], Cleaning(ngram=0)) == [None]
    (hit,) = find([question(EVAL)], [text], Cleaning(ngram=0), [core])
    assert hit is not None
    assert hit.reason is Reason.CONTAMINATED_NEAR


def test_a_story_without_its_question_is_no_question():
    story = "Ann has 3 red nuts and 4 green ones."
    evaluation = [question(f"{story} How many nuts are there?", story)]
    assert find(evaluation, [f"{story} How many more are green?"]) == [None]


def test_the_builds_own_evaluation_rows_have_a_reason_of_their_own():
    shared = "Ann walks nine miles north along the old river road every single morning before 8."
    assert search([shared], named=False) == [Reason.EVAL_NGRAM]


def test_searches_that_are_off_find_nothing():
    cleaning = Cleaning(ngram=0, near_threshold=0)
    assert search([EVAL.replace("single", "cold"), EVAL], cleaning) == [
        None,
        Reason.CONTAMINATED_EXACT,
    ]


def test_a_named_set_is_reported_before_the_builds_own_rows():
    evaluation = [
        Question("gsm8k/1", EVAL, EVAL, named=True),
        Question("own:1", EVAL + " Why?", EVAL + " Why?", named=False),
    ]
    (hit,) = find(evaluation, [EVAL + " How?"], Cleaning(near_threshold=0))
    assert hit is not None
    assert (hit.reason, "gsm8k/1" in hit.detail) == (Reason.CONTAMINATED_NGRAM, True)


@pytest.mark.parametrize("questions", [[], ["one question"]])
def test_without_evaluation_questions_nothing_is_found(questions):
    assert find([], questions) == [None for _ in questions]
