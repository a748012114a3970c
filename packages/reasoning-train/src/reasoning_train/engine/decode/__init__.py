"""Decoding: completions of many prompts at once, with nothing computed that holds no token.

`weights` takes what a policy's forward pass needs out of Tunix's module, `transformer` is that
pass, `prefill` and `loop` are the programs that run, `sampling` draws tokens, and `decoder` puts
prompts through the programs.
"""
