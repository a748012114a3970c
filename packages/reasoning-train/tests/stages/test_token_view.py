from reasoning_train.stages.token_view import _choose


def test_the_best_and_the_worst_of_the_groups_that_differ_most() -> None:
    flat, wide, narrow = [0.5] * 6, [0.1, 0.9, 0.3, 1.0, 0.0, 0.4], [0.5, 0.6, 0.5, 0.5, 0.5, 0.5]
    assert _choose([*flat, *wide, *narrow], 6) == [9, 7, 6, 10, 13, 12, 16, 17]


def test_small_groups_are_shown_whole() -> None:
    assert _choose([0.1, 0.9, 0.5, 0.5], 2) == [1, 0, 2, 3]
