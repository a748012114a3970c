"""What a text says the answer is, and whether two answers agree."""
