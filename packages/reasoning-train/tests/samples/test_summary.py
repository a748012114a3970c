from typing import Any

import pytest

from reasoning_train.samples.pass_rates import pass_rates
from reasoning_train.samples.summary import sampling_lines, summarise_samples


def rows(*outcomes: str) -> list[dict[str, Any]]:
    """One problem for each word, in which `r` is a right draw, `w` a wrong and `x` a broken one."""
    return [
        {
            "id": f"{index}",
            "correct": draw == "r",
            "status": "malformed" if draw == "x" else "well_formed",
            "finished": draw != "x",
            "tokens": 10 if draw == "r" else 20,
        }
        for index, word in enumerate(outcomes)
        for draw in word
    ]


def summary(*outcomes: str) -> dict[str, Any]:
    drawn = rows(*outcomes)
    return summarise_samples(drawn, pass_rates(drawn))


def test_problems_are_split_into_three_kinds() -> None:
    found = summary("rr", "rw", "ww", "xw")
    assert {kind: found[kind] for kind in ("problems", "mixed", "never", "always")} == {
        "problems": 4, "mixed": 1, "never": 2, "always": 1,
    }  # fmt: skip
    assert (found["correct"], found["well_formed"], found["cut"]) == (3 / 8, 7 / 8, 1 / 8)
    assert (found["tokens"], found["tokens_right"]) == (16.25, 10.0)
    [line] = sampling_lines(found)
    assert line == (
        "samples: 8 completions of 4 problems, 37.5% right, 87.5% well-formed; 50.0% of the "
        "problems never solved, 25.0% always, 25.0% sometimes"
    )


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [(("ww", "ww"), "solves none of the 2"), (("rr", "ww"), "never differs within a problem")],
)
def test_problems_none_of_which_is_mixed_are_said_with_a_remedy(
    outcomes: tuple[str, ...], said: str
) -> None:
    _, warning = sampling_lines(summary(*outcomes))
    assert said in warning
    assert "--sft.steps" in warning
