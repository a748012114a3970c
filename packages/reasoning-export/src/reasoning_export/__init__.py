"""Checkpoints that others can load: merged safetensors, adapters and Orbax, each reopened and compared."""
