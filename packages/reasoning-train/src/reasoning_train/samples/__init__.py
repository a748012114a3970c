"""What a run learns from its own samples: pass rates, traces to train on, a pool of prompts."""
