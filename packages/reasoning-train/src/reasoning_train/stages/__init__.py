"""The stages of a run, each a function of the run's context; `NAMES` in their order."""

NAMES = (
    "data",
    "base",
    "sft",
    "sampling",
    "own-traces",
    "sft-evaluation",
    "grpo",
    "grpo-evaluation",
    "export",
)
