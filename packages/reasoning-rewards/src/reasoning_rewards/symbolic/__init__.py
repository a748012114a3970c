"""Math-Verify (extra `[math]`) in a subprocess, for answers that exact comparison cannot decide."""

from reasoning_rewards.symbolic.judge import JudgeCounts, SymbolicJudge, available, shared_judge

__all__ = ["JudgeCounts", "SymbolicJudge", "available", "shared_judge"]
