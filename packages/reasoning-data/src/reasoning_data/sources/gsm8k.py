"""GSM8K (Cobbe et al. 2021, arXiv:2110.14168): grade-school word problems with worked solutions.

The answer of a row is the solution, with calculator annotations `<<48/2=24>>`, followed by the gold
on a line after `#### `. Annotations are removed and the gold is kept unchanged. MetaMathQA (Yu et
al. 2023, arXiv:2309.12284) has the fields `query` and `response`, and states the gold on a line
`The answer is: `, sometimes without `####`. In the configuration `socratic`, every line of the
solution is a sub-question, `**`, and its answer.
"""

import re

from reasoning_data.answers.final_answer import NUMBER
from reasoning_data.errors import Reason, RowError
from reasoning_data.problem import Problem
from reasoning_data.sources.convert import Provenance, text_field
from reasoning_data.sources.files.raw_row import Row

# Some are broken over two lines; `1 << 2, 8 >> 1` is not one.
ANNOTATION = re.compile(r"<<(?:[^<>\n]*|[-+*/().,=%$\d\s]*)>>")
SUBQUESTION = re.compile(r"[ \t]*\*\*[ \t]*")
MARK = "####"
ANNOUNCED = re.compile(r"\n?[ \t]*The answer is:[ \t]*(?P<gold>[^\n]+?)\.?\s*$")
QUESTION_FIELDS = ("question", "query", "problem")
ANSWER_FIELDS = ("answer", "response")


def from_gsm8k(row: Row, provenance: Provenance) -> Problem:
    """Convert a row with `question` and `answer` (solution, `#### `, gold).

    An answer that is only a number is the gold, without a solution.

    Raises:
        RowError: A field is missing, or the answer states no gold.
    """
    solution, gold = _solution_and_gold(row)
    return provenance.problem(_text(row, QUESTION_FIELDS), gold, solution)


def from_gsm8k_socratic(row: Row, provenance: Provenance) -> Problem:
    """Convert a row of the configuration `socratic`; sub-questions stay in the rationale.

    Raises:
        RowError: A field is missing, or the answer states no gold.
    """
    solution, gold = _solution_and_gold(row)
    return provenance.problem(_text(row, QUESTION_FIELDS), gold, SUBQUESTION.sub(" ", solution))


def _solution_and_gold(row: Row) -> tuple[str, str]:
    return split_answer(_text(row, ANSWER_FIELDS))


def split_answer(answer: str) -> tuple[str, str]:
    """Split an answer into its solution, without annotations, and its gold.

    Raises:
        RowError: The answer has no `####` line, no `The answer is:` line, and is not a number.
    """
    solution, mark, gold = answer.rpartition(MARK)
    if mark:
        gold = gold.strip().partition("\n")[0].strip()
    elif said := ANNOUNCED.search(answer):
        solution, gold = answer[: said.start()], said["gold"]
    elif NUMBER.fullmatch(answer.strip()):
        solution, gold = "", answer.strip()
    else:
        raise RowError(Reason.BAD_GOLD, f"no gold after {MARK!r} in {answer[-80:]!r}")
    return ANNOTATION.sub("", solution).strip(), gold


def _text(row: Row, names: tuple[str, ...]) -> str:
    """Return the first of the named fields that the row has."""
    return text_field(row, next((name for name in names if name in row), names[0]))
