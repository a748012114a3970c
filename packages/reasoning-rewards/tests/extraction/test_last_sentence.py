import json
import os
import re
from pathlib import Path

import pytest

from reasoning_rewards import final_answer, same_answer
from reasoning_rewards.extraction.last_sentence import concluded, value_ahead


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("She has 15 pens left.", "15"),
        ("It is 15, not 16.", "15"),
        ("She needs 15 pens rather than 16.", "15"),
        ("So the ratio of pens to pencils is 3:2.", "3:2"),
        ("It costs $1,250.50", "$1,250.50"),
        ("so it fell to −15 degrees", "−15"),
        ("3 - 18 = -15", "-15"),
        ("He pays $.50", "$.50"),
        ("They receive 325 000 pens each.", "325 000"),
        ("It holds 240 / 20 = 12 200-page books.", "12"),
        ("He leaves at 6:07 AM.", "6:07 AM"),
        ("12 / 3 = **4**", "4"),
        ("12 / 3 = $4$", "4"),
        ("**Ann makes $15 in all.**", "$15"),
        ("She needs 24 / 4 = 6 boxes for 3 days.", "6"),
        ("She needs 6 boxes in 3 days.", "6"),
        ("She gives 6 of the 24 pens.", "6"),
        ("It takes 6 hours because 24 / 4 = 6, as said", "6"),
        ("Since she has 24 pens, they last 6 days.", "6"),
        ("There are 12 pets: 4 dogs, 5 cats and 3 birds.", "12"),
        ("Cost of 3 pens: 3 * 5 = 15", "15"),
        ("Total: 15", "15"),
        ("She has 15 left. That is 3 more than Tom.", "15"),
        ("She has 15, Tom 12. That is 15 - 12 = 3 more than Tom.", "3"),
        ("The chance is \\frac{3}{8}.", "\\frac{3}{8}"),
        ("so x = $2\\sqrt{3}$.", "$2\\sqrt{3}$"),
        ("The first formula \\frac{a}{b} has 2 letters.", "2"),
        ("She has 15 left, which is 3 more than Tom.", "15"),
        ("She has 15 left (3 fewer than Tom).", "15"),
        ("It fell to –15 degrees.", "–15"),
        ("Step 1: 7 + 8 = 15\nStep 2: done", "15"),
        ("1. 7 + 8 = 15\n2. Check it.", "15"),
        ("The solutions are 3 and 5.", "3 and 5"),
        ("So x = 3 or x = 5.", "x = 3 or x = 5"),
        ("so the vertex is (3, -4)", "(3, -4)"),
        ("It will take 3 hours and 20 minutes.", "3 hours and 20 minutes"),
        ("At $7, 2 cost 2 * 7 = $14", "14"),
        ("B", "B"),
        ("So I choose B.", "B"),
        ("8 is even.\n\nOption B is correct.", "Option B is correct"),
        ("Yes, because 17 is prime.", "Yes, because 17 is prime"),
        ("Therefore the statement is false.", "the statement is false"),
        ("A: 7 + 8 = 15.", "15"),
        ("The capital of Peru is Lima.", "Lima"),
        ("I do not know.", None),
        ("", None),
    ],
)
def test_what_the_last_sentence_says(text: str, said: str | None) -> None:
    assert concluded(text) == said


@pytest.mark.parametrize(
    ("phrase", "value"),
    [
        ("15, which is odd", "15"),
        ("$15 (fifteen dollars)", "$15"),
        ("15 and the sum is right", "15"),
        ("15 or 16", None),
        ("not 15", None),
        ("15, but I am unsure", None),
        ("odd", None),
    ],
)
def test_the_value_that_a_phrase_begins_with(phrase: str, value: str | None) -> None:
    assert value_ahead(phrase) == value


@pytest.mark.skipif("REASONING_GSM8K" not in os.environ, reason="needs GSM8K's JSONL files")
def test_gsm8ks_own_solutions_without_their_mark() -> None:
    rows = [
        json.loads(line)["answer"].split("####")
        for path in Path(os.environ["REASONING_GSM8K"]).glob("*.jsonl")
        for line in path.read_text().splitlines()
    ]
    answers = [(final_answer(re.sub("<<.*?>>", "", text)) or "", gold) for text, gold in rows]
    assert sum(same_answer(answer, gold) for answer, gold in answers) > 0.99 * len(rows)
