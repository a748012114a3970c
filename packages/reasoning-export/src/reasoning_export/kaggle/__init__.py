"""Kaggle models, notebooks and sessions."""
