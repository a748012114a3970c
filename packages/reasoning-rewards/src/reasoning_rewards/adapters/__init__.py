"""The composite reward in other libraries' conventions, and their reward functions in ours."""

from reasoning_rewards.adapters.frameworks import trl_rewards, tunix_rewards

__all__ = ["trl_rewards", "tunix_rewards"]
