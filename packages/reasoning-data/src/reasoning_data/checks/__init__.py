"""Checks of single rows, and comparisons of rows with each other and with evaluation questions."""
