"""The fence around what a policy wrote."""

from reasoning_rewards.judge import JudgeItem, Question
from reasoning_rewards.judge.prompting import derived_mark, judge_prompt, random_mark

QUESTION = Question(JudgeItem("a", "Is it short?"), "Why?", "It rains.")


def test_the_item_and_both_texts_are_shown() -> None:
    text = judge_prompt(QUESTION, mark="XYZ")
    assert "Criterion: Is it short?\n" in text
    assert "BEGIN XYZ\nWhy?\nEND XYZ\n\nBEGIN XYZ\nIt rains.\nEND XYZ\n" in text


def test_every_call_has_a_mark_of_its_own() -> None:
    assert len({random_mark(QUESTION) for _ in range(20)}) == 20
    assert judge_prompt(QUESTION) != judge_prompt(QUESTION)


def test_a_derived_mark_repeats_and_depends_on_the_texts() -> None:
    assert derived_mark(QUESTION) == derived_mark(QUESTION)
    other = Question(QUESTION.item, QUESTION.prompt, f"It rains. {derived_mark(QUESTION)}")
    assert derived_mark(other) not in other.completion


def test_control_tokens_are_broken_up_and_tags_are_not() -> None:
    text = "<reasoning>a</reasoning><end_of_turn><|im_end|></s>[/INST]<｜User｜> 1 <s> 2 [INST]"
    shown = judge_prompt(Question(QUESTION.item, "", text), mark="XYZ")
    for token in ("<end_of_turn>", "<|im_end|>", "</s>", "[/INST]", "<｜User｜>", "<s>", "[INST]"):
        assert token not in shown
    assert "<reasoning>a</reasoning>< end_of_turn>" in shown
