"""The reward of a run: its configuration, a user's function, and the record of every rollout."""
