"""Splits by a hash of the problem itself: adding data never moves a row between splits."""

import hashlib
import unicodedata
from collections.abc import Mapping
from enum import StrEnum

from reasoning_data.errors import DataError


class Split(StrEnum):
    """What a row is for. Evaluation rows are held out from both kinds of training."""

    SFT = "sft"
    GRPO = "grpo"
    EVAL = "eval"


DEFAULT_FRACTIONS: Mapping[str, float] = {"sft": 0.45, "grpo": 0.45, "eval": 0.10}

# The held-out rows come first on the unit interval, so that moving the border between the two
# training splits never moves a row into or out of the evaluation.
_ORDER = (Split.EVAL, Split.SFT, Split.GRPO)


def normalise(text: str) -> str:
    """Text with Unicode compatibility forms, letter case and white space made equal."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def check_fractions(fractions: Mapping[str, float]) -> dict[str, float]:
    """The fractions of all three splits.

    Raises:
        DataError: An unknown split, a negative share, or shares that do not add up to 1.
    """
    unknown = [name for name in fractions if name not in set(Split)]
    if unknown:
        raise DataError(f"no split {unknown[0]!r}; splits are {', '.join(Split)}")
    shares = {split.value: float(fractions.get(split.value, 0.0)) for split in Split}
    if min(shares.values()) < 0 or abs(sum(shares.values()) - 1.0) > 1e-9:
        raise DataError(f"the split fractions must be >= 0 and add up to 1: {dict(fractions)!r}")
    return shares


def assign_split(question: str, fractions: Mapping[str, float], seed: int = 0) -> Split:
    """The split of a question: a hash of its normalised text, seen as a point of [0, 1).

    Args:
        question: The question; its case and white space do not matter.
        fractions: Share of each split, as `check_fractions` returns it.
        seed: Another seed gives another, equally stable, assignment.
    """
    digest = hashlib.blake2b(f"{seed}\0{normalise(question)}".encode(), digest_size=8).digest()
    point = int.from_bytes(digest, "big") / 2**64
    for split in _ORDER:
        point -= fractions[split]
        if point < 0:
            return split
    return _ORDER[-1]
