from collections.abc import Sequence

from reasoning_train.evaluation.verdict import Best, Outcome, verdict


def outcomes(strict: Sequence[bool], lenient: Sequence[bool] = ()) -> dict[str, Outcome]:
    pairs = zip(strict, lenient or strict, strict=True)
    return {str(i): Outcome(s, b, 0.9 if s else 0.2) for i, (s, b) in enumerate(pairs)}


def right(count: int, n: int = 20) -> list[bool]:
    return [i < count for i in range(n)]


BASE = outcomes(right(0), right(1))


def test_a_gain_says_how_many_problems_and_how_much_is_form() -> None:
    said = verdict(
        {"base": BASE, "sft": outcomes(right(4), right(10)), "grpo": outcomes(right(16))}
    )
    assert said.headline == (
        "GRPO helped: 12 problems newly right, 0 newly wrong (20.0 → 80.0 %, p < .001, n = 20); "
        "30 of the points are form."
    )
    assert (said.serious, said.good, said.before, said.after) == ((), True, "sft", "grpo")


def test_a_significant_fall_is_serious_and_says_what_the_export_holds() -> None:
    stages = {"sft": outcomes(right(10)), "grpo": outcomes(right(1))}
    said = verdict(stages, holds="GRPO, step 30")
    assert said.serious == (
        "GRPO made the model worse: 50.0 → 5.0 %, p = 0.004; the export holds GRPO, step 30.",
    )
    assert not said.good


def test_nothing_right_at_the_end_is_serious_even_where_nothing_was_before() -> None:
    said = verdict({"sft": outcomes(right(0)), "grpo": outcomes(right(0))})
    assert said.serious == ("GRPO has not one of 20 problems right.",)
    assert verdict({"base": BASE}).serious == ()


def test_a_fall_of_the_reward_alone_is_serious() -> None:
    before = {str(i): Outcome(True, True, 0.9 + 0.001 * i) for i in range(20)}
    after = {str(i): Outcome(True, True, 0.6) for i in range(20)}
    (line,) = verdict({"sft": before, "grpo": after}).serious
    assert line.startswith("GRPO made the model worse in mean reward: 0.910 → 0.600, p < .001")


def test_too_few_problems_are_said_to_show_nothing() -> None:
    said = verdict({"sft": outcomes(right(3, 8)), "grpo": outcomes(right(5, 8))})
    assert said.headline.startswith("GRPO was not shown to help or harm: 2 problems newly right")
    assert said.headline.endswith("n = 8 could not have shown less than 75.0 points.")
    few = verdict({"sft": outcomes(right(0, 4)), "grpo": outcomes(right(4, 4))})
    assert few.headline.endswith("n = 4 could not have shown anything.")


def test_form_and_skill_are_told_apart_by_the_bases_best_prompt() -> None:
    best = Best("raw", outcomes(right(0), right(12)))
    said = verdict({"base": BASE, "sft": outcomes(right(8)), "grpo": outcomes(right(16))}, best)
    assert said.form == (
        "Asked in the raw form the base gets 60.0 % of 20 problems right; in the schema it has "
        "0.0 %.",
        "SFT's 40.0 % is 20.0 points below that, GRPO's 80.0 % is 20.0 points above that (final "
        "answers, wherever they stand).",
        "Of the 80.0 points from the base in the schema to GRPO, 60.0 are form and 20.0 skill.",
    )


def test_no_skill_is_claimed_below_what_the_base_could_do() -> None:
    best = Best("raw", outcomes(right(0), right(20)))
    said = verdict({"base": BASE, "sft": outcomes(right(8)), "grpo": outcomes(right(16))}, best)
    assert said.form[-1] == (
        "So all 80.0 points from the base in the schema to GRPO are form: the skill was in the "
        "base."
    )


def test_sft_alone_is_held_against_the_best_and_not_against_the_schema() -> None:
    said = verdict({"base": BASE, "sft": outcomes(right(2))}, Best("raw", outcomes(right(12))))
    assert said.headline.startswith("SFT made the model worse against the base's best prompt (raw)")
    assert said.serious


def test_other_problems_are_not_compared() -> None:
    said = verdict({"sft": outcomes(right(3, 8)), "grpo": outcomes(right(3, 9))})
    assert said.headline == ""
