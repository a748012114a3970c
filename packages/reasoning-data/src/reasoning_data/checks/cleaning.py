"""What a build checks, and what it does about it."""

from dataclasses import dataclass

from reasoning_data.errors import DataError, Reason


@dataclass(frozen=True, slots=True)
class Cleaning:
    """Options of the cleaning.

    Attributes:
        near_threshold: Two questions whose word shingles have at least this Jaccard similarity
            (as MinHash estimates it) are near duplicates; 0 switches the search off.
        numbers_matter: Questions with different numbers or operators are different problems,
        however
            alike their words; and near duplicates must have the same gold. Off, `12 apples` and
            `13 apples` in the same story are near duplicates.
        permutations: Length of the MinHash signature.
        shingle: Words in a shingle.
        ngram: Words in the n-gram whose sharing with an evaluation question counts as
        contamination;
            0 switches this off. 13 is the length of Brown et al. 2020 (arXiv:2005.14165, appendix
            C).
        max_prompt_tokens: Longest prompt, `<bos>` counted; 0 for any. Needs a tokenizer.
        max_completion_tokens: Longest completion, stop token counted; 0 for any. Needs a tokenizer.
        report_only: Findings that are listed in `flags.jsonl` and do not remove the row.
    """

    near_threshold: float = 0.7
    numbers_matter: bool = True
    permutations: int = 128
    shingle: int = 3
    ngram: int = 13
    max_prompt_tokens: int = 0
    max_completion_tokens: int = 0
    report_only: frozenset[Reason] = frozenset({Reason.GOLD_NOT_LAST, Reason.EVAL_NGRAM})

    def __post_init__(self) -> None:
        if not 0 <= self.near_threshold <= 1:
            raise DataError(f"near_threshold must lie in [0, 1]: {self.near_threshold!r}")
        for name in ("ngram", "max_prompt_tokens", "max_completion_tokens"):
            if getattr(self, name) < 0:
                raise DataError(f"{name} must not be negative: {getattr(self, name)!r}")
        if self.shingle < 1 or self.permutations < 16:
            raise DataError(
                f"shingle must be >= 1 and permutations >= 16: {self.shingle!r}, "
                f"{self.permutations!r}"
            )

    def as_dict(self) -> dict[str, object]:
        """The options as plain values."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return {**fields, "report_only": sorted(self.report_only)}
