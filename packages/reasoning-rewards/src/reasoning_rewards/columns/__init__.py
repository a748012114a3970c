"""Cells of a batch as plain Python: texts, conversations, gold answers, numpy and TFDS values."""
