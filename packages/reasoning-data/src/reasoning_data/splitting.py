"""Split assignment by a hash of the question, so that adding data never moves a row."""

import hashlib
import unicodedata
from collections.abc import Mapping
from enum import StrEnum

from reasoning_data.errors import DataError


class Split(StrEnum):
    """Purpose of a row; `eval` rows are held out from both kinds of training."""

    SFT = "sft"
    GRPO = "grpo"
    EVAL = "eval"


DEFAULT_FRACTIONS: Mapping[str, float] = {"sft": 0.45, "grpo": 0.45, "eval": 0.10}


def normalise(text: str) -> str:
    """Return the text with Unicode compatibility forms, letter case and white space unified."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def check_fractions(fractions: Mapping[str, float]) -> dict[str, float]:
    """Return the fractions of all three splits, with 0 for those not given.

    Raises:
        DataError: A split is unknown, a share is negative, or the shares do not add up to 1.
    """
    unknown = [name for name in fractions if name not in set(Split)]
    if unknown:
        raise DataError(f"no split {unknown[0]!r}; splits are {', '.join(Split)}")
    shares = {split.value: float(fractions.get(split.value, 0.0)) for split in Split}
    if min(shares.values()) < 0 or abs(sum(shares.values()) - 1.0) > 1e-9:
        raise DataError(f"the split fractions must be >= 0 and add up to 1: {dict(fractions)!r}")
    return shares


def assign_split(
    question: str,
    fractions: Mapping[str, float],
    seed: int = 0,
    held_out_seed: int | None = None,
) -> Split:
    """Assign a question to a split by the hash of its normalised text.

    Args:
        question: The question; its case and white space do not matter.
        fractions: Share of each split, as returned by `check_fractions`.
        seed: Seed of the hash; each seed gives a different stable assignment.
        held_out_seed: Seed that decides whether it is held out; None for `seed`.
    """
    held = seed if held_out_seed is None else held_out_seed
    share = fractions[Split.EVAL]
    if _point(question, held) < share:
        return Split.EVAL
    # The held-out rows come first on the unit interval, so that moving the border between the two
    # training splits never moves a row into or out of the evaluation.
    point = _point(question, seed)
    point = point - share if held == seed else point * (1.0 - share)
    return Split.SFT if point < fractions[Split.SFT] else Split.GRPO


def _point(question: str, seed: int) -> float:
    """Return the question's place on the unit interval."""
    digest = hashlib.blake2b(f"{seed}\0{normalise(question)}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
