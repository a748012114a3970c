"""Scores for reasoning traces: answer equality, trace structure and stated confidence, in pure Python."""
