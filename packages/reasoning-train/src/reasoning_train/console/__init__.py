"""What a run says on the terminal, and what it keeps libraries from saying."""
