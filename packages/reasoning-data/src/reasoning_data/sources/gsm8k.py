"""GSM8K (Cobbe et al. 2021, arXiv:2110.14168): grade-school word problems with worked solutions.

A row's answer is the solution, with calculator annotations `<<48/2=24>>`, and the gold on a last
line after `#### `. The annotations are removed, the gold is kept as it stands there. In the
configuration `socratic` every line of the solution is a sub-question, `**`, and its answer.
"""

import re

from reasoning_data.errors import Reason, RowError
from reasoning_data.problem import Problem
from reasoning_data.rows import Row
from reasoning_data.sources.convert import Provenance, text_field

ANNOTATION = re.compile(r"<<[^<>\n]*>>")
SUBQUESTION = re.compile(r"[ \t]*\*\*[ \t]*")
MARK = "####"


def from_gsm8k(row: Row, provenance: Provenance) -> Problem:
    """A problem from a row with `question` and `answer` (solution, `#### `, gold).

    Raises:
        RowError: A field is missing, or the answer has no `####` line or nothing after it.
    """
    solution, gold = _solution_and_gold(row)
    return provenance.problem(text_field(row, "question"), gold, solution)


def from_gsm8k_socratic(row: Row, provenance: Provenance) -> Problem:
    """A problem from a row of the configuration `socratic`; sub-questions stay in the rationale.

    Raises:
        RowError: As `from_gsm8k`.
    """
    solution, gold = _solution_and_gold(row)
    return provenance.problem(text_field(row, "question"), gold, SUBQUESTION.sub(" ", solution))


def _solution_and_gold(row: Row) -> tuple[str, str]:
    answer = text_field(row, "answer")
    solution, mark, gold = answer.rpartition(MARK)
    if not mark:
        raise RowError(Reason.BAD_GOLD, f"no {MARK!r} in {answer[-80:]!r}")
    return ANNOTATION.sub("", solution).strip(), gold.strip()
