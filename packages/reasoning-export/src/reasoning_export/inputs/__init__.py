"""What an export reads: the run directory, its checkpoint and its base model."""
