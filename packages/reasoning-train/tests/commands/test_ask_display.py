import pytest
from rich.console import Console

from reasoning_train.commands.ask_answerer import Answer, Turn
from reasoning_train.commands.ask_display import show_answer, show_score
from reasoning_train.evaluation.post_hoc import ConfidenceMap

WELL_FORMED = "<reasoning>1+1=2 [bold]pens[/bold].\nConfidence: 0.8</reasoning><answer>2</answer>"


def answer(completion: str, **changes: object) -> Answer:
    return Answer("grpo", "1+1?", Turn("p", completion), **({"finished": True} | changes))


def shown(found: Answer, **options: object) -> str:
    console = Console(width=100, record=True, **options)
    show_answer(found, console)
    return console.export_text(styles=bool(options))


def test_reasoning_answer_and_confidence_are_shown_apart() -> None:
    text = shown(answer(WELL_FORMED))
    assert text.splitlines()[0] == "1+1=2 [bold]pens[/bold]."
    assert text.splitlines()[-2:] == ["2", "confidence 0.80"]


def test_a_confidence_is_mapped_where_a_map_was_fitted() -> None:
    found = answer(WELL_FORMED, confidence_map=ConfidenceMap((0.2, 0.8), (0.1, 0.5)))
    assert (found.as_dict()["confidence"], found.as_dict()["stated_confidence"]) == (0.5, 0.8)
    assert "confidence 0.50 by the map fitted after training; 0.80 stated" in shown(found)
    silent = answer("<reasoning>1+1=2</reasoning><answer>2</answer>")
    assert (silent.confidence, silent.stated) == (None, None)
    assert "confidence not stated" in shown(silent)


def test_reasoning_is_dim_and_the_answer_bright() -> None:
    text = shown(answer(WELL_FORMED), force_terminal=True, color_system="standard")
    assert "\x1b[2m1+1=2" in text
    assert "\x1b[1;92m2" in text


def test_a_completion_outside_the_schema_is_shown_as_it_is() -> None:
    text = shown(answer("it is [two]", finished=False))
    assert text.splitlines() == [
        "it is [two]",
        "outside the schema: no_tags",
        "cut at the limit of tokens",
    ]


@pytest.mark.parametrize(
    ("votes", "line"),
    [
        ((("2", 5), ("3", 2)), "votes of 8: 2 5, 3 2; 1 without an answer"),
        ((), "votes of 8: none; 8 without an answer"),
    ],
)
def test_votes_are_counted(votes: tuple[tuple[str, int], ...], line: str) -> None:
    assert shown(answer(WELL_FORMED, votes=votes, samples=8)).splitlines()[-1] == line


def test_a_score_names_its_parts() -> None:
    console = Console(width=60, record=True)
    show_score({"total": 1.0, "structure": 0.5}, "[2]", console)
    assert console.export_text() == "gold [2]: total 1.00, structure 0.50\n"
