"""Supervised fine-tuning and GRPO for small reasoning models with Tunix, bounded by the clock."""
