"""The steps from problems to a folder of training files."""
