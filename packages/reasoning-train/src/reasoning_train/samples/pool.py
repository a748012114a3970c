"""Which prompts GRPO draws: problems that are solved sometimes, so that groups have variance.

A group of right completions alone, or of wrong ones alone, pushes nowhere. Its reward's variance is
p (1 - p) where p is the chance of a right completion, and prompts are drawn in proportion to it
(sampling for learnability: Foster and Foerster 2025, arXiv 2502.12272).

What a few draws say of one problem is read in the light of all of them: the rates of the problems
are taken for draws from a beta distribution, whose mean and spread are fitted to the samples by
moments (empirical Bayes). Where the policy solves 4 % of everything, one right draw in eight is
luck; where it solves half of the problems always and half never, it is not.

How often the policy solves a problem changes as it is trained. So p follows Rasch's model (1960):
the logit of p is the policy's ability less the problem's difficulty. Difficulties come from the
samples, one ability from the groups of every update: it moves all problems, the many unseen ones
too. A problem whose group was seen gets the difficulty that the group says.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from reasoning_train.samples.pass_rates import PassRate

WALK: Final = 0.5
"""Standard deviation that the ability is expected to move by in one update, in logits."""
NEWTON_STEPS: Final = 8
LEAST_STRENGTH: Final = 0.5
MOST_STRENGTH: Final = 64.0
"""What is believed of a problem before its draws counts as so many draws, within these bounds."""
MOST_SURE: Final = 0.02
"""No pass rate is believed to be nearer to 0 or 1: a problem can always come back."""

ROUNDING: Final = 1e-9


class Pool:
    """Problems with the chance of each to be drawn.

    Args:
        rates: Problem id to what the samples say.
        generations: Completions of a group.
        extremes: Share of the draws, at most, of problems that are hardly ever or nearly always
            solved.

    Attributes:
        ability: How much easier the problems have become, in logits.
    """

    def __init__(self, rates: Mapping[str, PassRate], *, generations: int, extremes: float) -> None:
        self._ids = list(rates)
        self._place = {name: place for place, name in enumerate(self._ids)}
        right = np.array([rate.right for rate in rates.values()], dtype=np.float64)
        counts = np.array([rate.draws for rate in rates.values()], dtype=np.float64)
        mean, self._strength = fitted_beta(right, counts)
        believed = (self._strength * mean + right) / (self._strength + counts)
        self._easiness = _logit(believed)
        draws = max((rate.draws for rate in rates.values()), default=generations)
        # What a group without one right completion, or one wrong one, leaves to believe.
        self._rare = 1 / (min(draws, generations) + 2) + ROUNDING
        self._extremes = extremes
        self.ability = 0.0

    @property
    def expected(self) -> np.ndarray:
        """The believed pass rate of every problem, `[N]`."""
        return np.asarray(_sigmoid(self._easiness + self.ability))

    @property
    def weights(self) -> np.ndarray:
        """The chance of every problem to be the next one drawn, `[N]`; they sum to 1."""
        expected = self.expected
        found = expected * (1 - expected)
        extreme = self.never | self.always
        mixed = found[~extreme].sum()
        if mixed:
            share = found[extreme].sum() / found.sum()
            if share > self._extremes:
                scale = self._extremes / (1 - self._extremes) if self._extremes < 1 else 1.0
                found[extreme] *= scale * mixed / found[extreme].sum()
        return np.asarray(found / found.sum())

    @property
    def never(self) -> np.ndarray:
        """Which problems are believed to be solved as seldom as a group without success says."""
        return np.asarray(self.expected <= self._rare)

    @property
    def always(self) -> np.ndarray:
        """Which are believed to be solved as often as a group without failure says."""
        return np.asarray(self.expected >= 1 - self._rare)

    def see(self, groups: Iterable[tuple[str, PassRate]]) -> None:
        """Take in the groups of one update: first what they say of the policy, then of themselves.

        Args:
            groups: Problem id, and how its completions came out; unknown ids are passed over.
        """
        known = [(self._place[name], rate) for name, rate in groups if name in self._place]
        if not known:
            return
        places = np.array([place for place, _ in known])
        draws = np.array([rate.draws for _, rate in known], dtype=np.float64)
        right = np.array([rate.right for _, rate in known], dtype=np.float64)
        before = self.ability
        for _ in range(NEWTON_STEPS):
            # The mode of the posterior under a random walk of the ability.
            expected = _sigmoid(self._easiness[places] + self.ability)
            slope = np.sum(right - draws * expected) - (self.ability - before) / WALK**2
            curve = np.sum(draws * expected * (1 - expected)) + 1 / WALK**2
            self.ability += float(slope / curve)
        expected = _sigmoid(self._easiness[places] + self.ability)
        # What was believed counts at most as much as the group: training may have changed it.
        strength = np.minimum(self._strength, draws)
        found = (strength * expected + right) / (strength + draws)
        self._easiness[places] = _logit(found) - self.ability

    def draw(self, size: int, key: Sequence[int]) -> list[str]:
        """Ids of `size` problems, all different if there are as many to draw.

        Args:
            size: How many.
            key: The same numbers draw the same from the same pool.
        """
        chances = self.weights
        rng = np.random.default_rng(list(key))
        again = np.count_nonzero(chances) < size
        places = rng.choice(len(self._ids), size, replace=bool(again), p=chances)
        return [self._ids[place] for place in places]

    def metrics(self) -> dict[str, float]:
        """Shares of the problems and of the draws, for the metrics of an update."""
        never, always, chances = self.never, self.always, self.weights
        return {
            "pool/mixed": float(np.mean(~(never | always))),
            "pool/never": float(np.mean(never)),
            "pool/always": float(np.mean(always)),
            "pool/extreme_draws": float(chances[never | always].sum()),
            "pool/expected_pass_rate": float(chances @ self.expected),
            "pool/ability": self.ability,
        }


def fitted_beta(right: np.ndarray, draws: np.ndarray) -> tuple[float, float]:
    """Mean and strength of the beta distribution that pass rates were drawn from, by moments.

    Of a beta-binomial the variance of right / n is m (1 - m) (1/n + (1 - 1/n) r) with
    r = 1 / (strength + 1): what it exceeds the binomial's by is the problems' own spread.

    Args:
        right: `[N]`, right draws of each problem.
        draws: `[N]`, draws of each.

    Returns:
        Mean, never 0 or 1, and strength, within its bounds.
    """
    if not draws.size:
        return 0.5, LEAST_STRENGTH
    mean = float((right.sum() + 1) / (draws.sum() + 2))
    alone = float(np.mean(1 / draws))
    spread = float(np.mean((right / draws - mean) ** 2)) / (mean * (1 - mean))
    shared = (spread - alone) / (1 - alone)
    most, least = 1 / (LEAST_STRENGTH + 1), 1 / (MOST_STRENGTH + 1)
    return mean, 1 / min(max(shared, least), most) - 1


def pool_lines(pool: Pool, problems: int) -> list[str]:
    """What the terminal shows of a pool, with a warning if it has nothing to offer.

    Args:
        pool: The pool.
        problems: Of GRPO's, whether they were sampled or not.
    """
    shown, count = pool.metrics(), len(pool.expected)
    of_all = "" if count == problems else f" (those sampled, of {problems:,})"
    lines = [
        f"pool: {count:,} problems{of_all}, {shown['pool/mixed']:.1%} solved sometimes, "
        f"{shown['pool/never']:.1%} hardly ever, {shown['pool/always']:.1%} nearly always; these "
        f"two have {shown['pool/extreme_draws']:.1%} of the draws"
    ]
    if not shown["pool/mixed"]:
        lines.append(
            "warning: no problem of the pool is solved sometimes, so most groups will have no "
            "variance and GRPO little to learn from; choose other problems, raise "
            "--grpo.temperature or --grpo.num-generations, or train SFT longer (--sft.steps)"
        )
    return lines


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-x)))


def _logit(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, MOST_SURE, 1 - MOST_SURE)
    return np.asarray(np.log(p / (1 - p)))
