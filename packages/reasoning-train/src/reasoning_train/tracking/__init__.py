"""Trackers that receive metrics besides `metrics.jsonl`: TensorBoard and Weights & Biases."""

from reasoning_train.tracking.sink import Sink, open_sinks
from reasoning_train.tracking.weights_and_biases import check_installed

__all__ = ["Sink", "check_installed", "open_sinks"]
