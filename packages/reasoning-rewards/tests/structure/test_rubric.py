import pytest

from reasoning_rewards import RewardError, Rubric, parse, render
from reasoning_rewards.structure.rubric import Item, Pitfall

PENS = "A box holds 6 pens. How many pens are in 7 boxes?"
WORK = "Each box holds 6 pens and there are 7 boxes.\nSo the number of pens is 6 * 7 = 42."


def structure(reasoning: str, answer: str, prompt: str = PENS) -> float:
    return Rubric().score(parse(render(reasoning, answer)), prompt).value


@pytest.mark.parametrize(
    ("reasoning", "answer", "prompt"),
    [
        (WORK, "42", PENS),
        ("12+7=19. 19-5=14.", "14", ""),
        ("12+7=19.\n19-5=14.\nConfidence: 0.9", "14", "Tom has 12 pens and buys 7. He loses 5."),
        ("+ 16 - 3 = 13\n+ 13 - 4 = 9\n+ 9 * 2 = 18", "18", "16 eggs, 3 eaten, 4 baked, $2 each."),
        ("- 16 - 3 = 13\n- 13 - 4 = 9\n- 9 * 2 = 18", "18", "16 eggs, 3 eaten, 4 baked, $2 each."),
        (
            "Odoacer was a Germanic commander in the Roman army.\nHe deposed Romulus Augustulus, "
            "the last Western emperor.\nSo the person who deposed the last emperor was Odoacer.",
            "Odoacer",
            "Who deposed the last Western Roman emperor?",
        ),
        (
            "A prime has no divisors other than 1 and itself.\n17 is not divisible by 2, 3 or 5.",
            "yes",
            "Is 17 prime?",
        ),
        (
            "Paris has been the capital of France for centuries.\n"
            "Rome is in Italy, so option B fits.",
            "B",
            "Which is the capital of France? (A) Rome (B) Paris",
        ),
        (
            "The capital of France has been Paris for centuries.\n"
            "Rome lies on the Tiber in Italy.",
            "(B)",
            "Which is the capital of France? (A) Rome (B) Paris (C) Madrid",
        ),
        (
            "The wars had emptied the treasury of the crown.\nBad harvests made bread dear.\n"
            "So debt of the crown and dear bread together drove the people to revolution.",
            "The debt of the crown and the price of bread drove the people to revolution.",
            "What drove the French people to revolution?",
        ),
    ],
)  # fmt: skip
def test_honest_work_of_any_domain_gets_full_marks(
    reasoning: str, answer: str, prompt: str
) -> None:
    assert structure(reasoning, answer, prompt) == 1.0


@pytest.mark.parametrize(
    ("reasoning", "answer", "most"),
    [
        ("", "42", 0.1),
        ("42", "42", 0.1),
        ("The answer is 42. The answer is 42.", "42", 0.1),
        ("aaaaaaaaaaaa\nbbbbbbbbbbbb\ncccccccccccc", "99", 0.1),
        ("\n".join(f"Step {n}: think step by step." for n in range(20)), "99", 0.1),
        ("Let me verify: verified. Double-check: correct.", "41", 0.1),
        ("First, then, next, so, thus, hence, therefore, finally.", "42", 0.1),
        ("42 = 42. 42 + 0 = 42. 42 * 1 = 42.", "42", 0.6),
        ("Step 1: 6 * 7 = 13.\nStep 2: 13 + 1 = 99.\nSo it is 42.", "42", 0.5),
        ("Lorem ipsum dolor sit amet.\nSed do eiusmod tempor incididunt.", "42", 0.1),
        (PENS, "42", 0.4),
        ("So the number of pens is 6 * 7 = 42.\n" * 40, "42", 0.3),
        ("6 * 7 = 42.", "41", 0.7),
        (WORK + " again and again and again" * 400, "42", 0.2),
    ],
)  # fmt: skip
def test_empty_work_gets_little(reasoning: str, answer: str, most: float) -> None:
    assert structure(reasoning, answer) <= most


@pytest.mark.parametrize(
    ("completion", "most"),
    [
        (f"<reasoning>{WORK}</reasoning><answer>42</answer> Bye.", 0.5),
        (f"<reasoning>{WORK}</reasoning>" * 2 + "<answer>42</answer>", 0.4),
        (f"<answer>42</answer><reasoning>{WORK}</reasoning>", 0.3),
        (f"<reasoning>{WORK}</reasoning><answer>42", 0.2),
        ("<answer>42</answer>", 0.0),
        ("42", 0.0),
    ],
)
def test_a_broken_schema_gates_the_score(completion: str, most: float) -> None:
    assert Rubric().score(parse(completion), PENS).value <= most


def test_each_false_equation_costs() -> None:
    true = structure("6 * 7 = 42. 42 + 1 = 43. 43 - 1 = 42.", "42")
    one_false = structure("6 * 7 = 42. 42 + 1 = 44. 43 - 1 = 42.", "42")
    assert one_false < true


def test_values_lie_on_the_grid() -> None:
    for reasoning in (WORK, "6*7=42.", "6*7=43. 1+1=2.", PENS + " So 42."):
        value = structure(reasoning, "42") * 20
        assert value == pytest.approx(round(value))


def test_a_score_names_its_parts() -> None:
    score = Rubric().score(parse(render(WORK, "42")), PENS)
    assert score.items == {
        "steps": 1.0, "arithmetic": 1.0, "connected": 1.0, "conclusion": 1.0, "schema": 1.0,
        "transitions": 1.0,
    }  # fmt: skip
    assert set(score.pitfalls.values()) == {1.0}
    no_equation = Rubric().score(parse(render("The sky is blue.", "blue")), "")
    assert no_equation.items["arithmetic"] is None


def test_items_can_be_switched_off_reweighted_and_added() -> None:
    trace = parse(render("6*7=43.", "43"))
    assert Rubric().score(trace).value < Rubric().without("arithmetic", "steps").score(trace).value
    only_schema = Rubric().reweighted(steps=0, arithmetic=0, conclusion=0, transitions=0)
    assert only_schema.score(trace).value == 1.0
    never = Rubric().with_entry(Item("never", 1.0, lambda evidence: 0.0))
    assert never.score(trace).value < Rubric().score(trace).value
    banned = Rubric().with_entry(Pitfall("banned", lambda evidence: 0.0))
    assert banned.score(trace).value == 0.0


def test_a_rubric_prints_its_entries() -> None:
    text = str(Rubric())
    assert "0.22  arithmetic" in text
    assert "repetition" in text


def test_mistakes_in_a_rubric_are_named() -> None:
    with pytest.raises(RewardError, match="stepz"):
        Rubric().without("stepz")
    with pytest.raises(RewardError, match="steps"):
        Rubric().reweighted(steps=-1)
    with pytest.raises(RewardError, match="same name"):
        Rubric().with_entry(Item("steps", 1.0, lambda evidence: 1.0))
