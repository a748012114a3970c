"""Everything that touches Tunix, qwix or Flax. A new Tunix release is this folder's work.

Each trap of google-tunix 0.1.7 that lies on our way is closed here, at one named place, and has a
regression test in `tests/engine` that shows what stock Tunix does and what we do; `docs/tunix.md`
lists them.
"""
