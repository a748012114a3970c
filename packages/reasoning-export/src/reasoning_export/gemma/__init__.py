"""Gemma's architecture, tensor layouts, tokenizer and chat template."""
