"""GSM8K (Cobbe et al. 2021, arXiv:2110.14168): grade-school word problems with worked solutions.

A row's answer is the solution, with calculator annotations `<<48/2=24>>`, and the gold on a last
line after `#### `. The annotations are removed, the gold is kept as it stands there.
"""

import re

from reasoning_data.errors import Reason, RowError
from reasoning_data.problem import Problem
from reasoning_data.rows import Row
from reasoning_data.sources.convert import Provenance, text_field

ANNOTATION = re.compile(r"<<[^<>\n]*>>")
MARK = "####"


def from_gsm8k(row: Row, provenance: Provenance) -> Problem:
    """A problem from a row with `question` and `answer` (solution, `#### `, gold).

    Raises:
        RowError: A field is missing, or the answer has no `####` line or nothing after it.
    """
    solution, mark, gold = text_field(row, "answer").rpartition(MARK)
    if not mark:
        raise RowError(Reason.BAD_GOLD, f"no {MARK!r} in {text_field(row, 'answer')[-80:]!r}")
    rationale = ANNOTATION.sub("", solution).strip()
    return provenance.problem(text_field(row, "question"), gold.strip(), rationale)
