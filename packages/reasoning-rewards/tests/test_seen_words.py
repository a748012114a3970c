"""Words that were looked at before."""

from reasoning_rewards.seen_words import SeenWords


def test_words_are_remembered_up_to_the_limit_and_forgotten() -> None:
    seen = SeenWords()
    seen.remember({"tea", "cake"})
    assert seen == {"tea", "cake"}
    seen.LIMIT = 2
    seen.remember({"pen"})
    assert "pen" not in seen
    seen.cache_clear()
    assert not seen
