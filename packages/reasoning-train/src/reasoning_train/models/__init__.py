"""Base models: from a name to a Hugging Face folder on disk that the engine can load."""

from reasoning_train.models.registry import MODELS, BaseModelFiles, locate_base

__all__ = ["MODELS", "BaseModelFiles", "locate_base"]
