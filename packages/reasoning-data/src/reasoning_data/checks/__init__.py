"""Checks of single rows and between rows."""
