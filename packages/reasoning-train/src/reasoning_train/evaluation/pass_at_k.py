"""Sampled completions of a problem as pass@k and maj@k."""

from collections.abc import Callable, Sequence
from math import prod


def pass_at_k(n: int, correct: int, k: int) -> float:
    """Unbiased estimate that one of `k` completions is right, from `correct` of `n`.

    `1 − C(n−c, k) / C(n, k)` as a product that cannot overflow (Chen et al. 2021, arXiv
    2107.03374, eq. 1).

    Raises:
        ValueError: Not `1 ≤ k ≤ n` and `0 ≤ correct ≤ n`.
    """
    if not (1 <= k <= n and 0 <= correct <= n):
        raise ValueError(f"no pass@{k} from {correct} right of {n}")
    if n - correct < k:
        return 1.0
    return 1.0 - prod(1.0 - k / i for i in range(n - correct + 1, n + 1))


def ballots(
    answers: Sequence[str | None], same: Callable[[str, str], bool]
) -> list[list[tuple[int, str]]]:
    """The answers of a vote in classes of one meaning, each answer with its position.

    Args:
        answers: What each completion answered; None does not vote.
        same: Whether two answers are one; each is compared with the first of every class.
    """
    classes: list[list[tuple[int, str]]] = []
    for index, answer in enumerate(answers):
        if answer is None:
            continue
        for members in classes:
            if same(answer, members[0][1]):
                members.append((index, answer))
                break
        else:
            classes.append([(index, answer)])
    return classes


def majority(answers: Sequence[str | None], gold: str, same: Callable[[str, str], bool]) -> float:
    """Credit of a vote (self-consistency, arXiv 2203.11171): 1 if the commonest answer is right.

    Between equally common answers the vote is drawn by lot, so the credit is the share of right
    ones among them.
    """
    classes = ballots(answers, same)
    if not classes:
        return 0.0
    most = max(map(len, classes))
    winners = [members[0][1] for members in classes if len(members) == most]
    return sum(same(answer, gold) for answer in winners) / len(winners)


def ks(n: int) -> list[int]:
    """The values of k to report for `n` samples: powers of two below `n`, and `n`."""
    powers = [2**i for i in range(n.bit_length()) if 2**i < n]
    return [*powers, n] if n else []
