"""Options of the cleaning: what a build checks, and what it does with a finding."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from reasoning_data.errors import Reason
from reasoning_data.options import Options

Count = Annotated[int, Field(ge=0)]


class Cleaning(Options):
    """Options of the cleaning."""

    noun: ClassVar[str] = "cleaning"

    near_threshold: Annotated[float, Field(ge=0, le=1)] = 0.7
    """Estimated Jaccard similarity of word shingles from which two questions are near duplicates;
    0 switches the search off."""
    numbers_matter: bool = True
    """Treat questions with different numbers or operators as different problems, however similar
    their words, and require near duplicates to have the same gold. If false, `12 apples` and
    `13 apples` in the same story are near duplicates."""
    permutations: Annotated[int, Field(ge=16)] = 128
    """Length of a MinHash signature."""
    shingle: Annotated[int, Field(ge=1)] = 3
    """Words in a shingle."""
    ngram: Count = 13
    """Number of consecutive words shared with an evaluation question that counts as contamination;
    0 switches the check off. 13 follows Brown et al. 2020 (arXiv:2005.14165, appendix C)."""
    max_prompt_tokens: Count = 0
    """Longest prompt in tokens, including `<bos>`; 0 for no limit. Needs a tokenizer."""
    max_completion_tokens: Count = 0
    """Longest completion in tokens, including the stop token; 0 for no limit. Needs a tokenizer."""
    report_only: frozenset[Reason] = frozenset({Reason.GOLD_NOT_LAST, Reason.EVAL_NGRAM})
    """Findings that are listed in `flags.jsonl` and keep the row."""

    def as_dict(self) -> dict[str, Any]:
        """Return the options as plain values for the manifest."""
        return {**self.model_dump(), "report_only": sorted(self.report_only)}
