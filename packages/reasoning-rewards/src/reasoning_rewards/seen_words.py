"""Words that a check has passed before, so that it looks only at new ones."""


class SeenWords(set[str]):
    """A set that can be emptied like a function's cache, up to `LIMIT` words."""

    LIMIT = 50_000

    def remember(self, words: set[str]) -> None:
        """Add words, unless the set is full."""
        if len(self) < self.LIMIT:
            self.update(words)

    def cache_clear(self) -> None:
        """Forget all words."""
        self.clear()
