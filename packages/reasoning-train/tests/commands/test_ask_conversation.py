"""A conversation with the tiny base, which is asked for real."""

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import orbax.checkpoint as ocp
import pytest
from rich.console import Console

from reasoning_data import STYLES, render_prompt
from reasoning_train.cli import main
from reasoning_train.commands.ask_answerer import Answerer, Turn, _vote, with_history
from reasoning_train.commands.ask_conversation import Conversation
from reasoning_train.config import dump_toml, load_config

QUESTION = "Tom has 12 pens. Tom buys 7 more."


@pytest.fixture(scope="module")
def answerer(base_folder: Path) -> Answerer:
    """One for all tests: it is compiled once."""
    return Answerer(str(base_folder), style_name="bare")


@pytest.fixture
def conversation(answerer: Answerer) -> Conversation:
    return Conversation(answerer, Console(width=200, record=True))


def say(conversation: Conversation, *lines: str) -> str:
    conversation.run(iter(lines))
    return conversation.console.export_text()


def test_questions_are_answered_until_quit(conversation: Conversation) -> None:
    text = say(conversation, "", QUESTION, "/quit", "Never asked?")
    assert conversation.last is not None
    assert conversation.last.question == QUESTION
    assert conversation.last.turn.completion.strip() in text
    assert len(conversation.turns) == 1


def test_gold_scores_the_last_answer(conversation: Conversation) -> None:
    text = say(conversation, "/gold 19", QUESTION, "/gold", "/gold 19")
    assert "ask a question first" in text
    assert "say the right answer" in text
    assert "gold 19: total 0.00, correctness 0.00" in text


def test_samples_vote_and_zero_is_greedy_again(conversation: Conversation) -> None:
    text = say(conversation, "/samples 3", QUESTION, "/samples 0", QUESTION)
    assert "votes of 3: none; 3 without an answer" in text  # the base was never shown the tags
    assert conversation.last is not None
    assert conversation.last.samples == 0


def test_with_history_the_earlier_turns_count_against_the_limit(conversation: Conversation) -> None:
    """The base never stops, so that its first completion alone is longer than a prompt may be."""
    text = say(conversation, QUESTION, "/history on", QUESTION, QUESTION, "/history off", QUESTION)
    assert text.count("forget the earlier ones with /history off") == 1
    assert len(conversation.turns) == 1  # forgotten with the history


def test_the_earlier_turns_stand_before_the_question_as_in_a_chat() -> None:
    first = Turn(render_prompt("2+2?", STYLES["bare"]), "4")
    assert with_history((first,), render_prompt("3+3?", STYLES["bare"])) == (
        "<start_of_turn>user\n2+2?<end_of_turn>\n<start_of_turn>model\n4<end_of_turn>\n"
        "<start_of_turn>user\n3+3?<end_of_turn>\n<start_of_turn>model\n"
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("/sft", "--stage and --step are for run directories"),
        ("/base now", "/base takes no argument"),
        ("/samples many", "0 to 64: /samples 8"),
        ("/samples 65", "0 to 64: /samples 8"),
        ("/history", "say /history on or /history off"),
        ("/sing", "no command /sing; /help lists them"),
        ("pens " * 300, "ask a shorter one"),
    ],
)
def test_a_mistake_is_one_line_and_ends_nothing(
    conversation: Conversation, line: str, message: str
) -> None:
    text = say(conversation, line, "/help")
    assert message in text.splitlines()[0]
    assert "/samples 8" in text.splitlines()[-5]


def test_the_commonest_answer_wins_a_vote_and_its_first_text_is_shown() -> None:
    texts = ["none", "<answer>2</answer>", "<answer> 3 </answer>", "<answer>3.0</answer>"]
    completions = [f"<reasoning>r</reasoning>{text}" for text in texts]
    assert _vote(completions) == (2, (("3", 2), ("2", 1)))
    assert _vote(["none"]) == (0, ())


def test_stages_are_switched_where_the_run_has_them(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.toml").write_text(dump_toml(load_config(preset="tiny")))
    weights = run / "checkpoints/sft/50/model_params"
    ocp.PyTreeCheckpointer().save(weights, {"w": np.ones(3, np.float32)})
    conversation = Conversation(Answerer(str(run)), Console(width=200, record=True))
    assert conversation.answerer.target.name == "sft"
    text = say(conversation, "/base", "/grpo")
    assert text.splitlines()[0] == "base answers now"
    assert "checkpoints/actor" in text.splitlines()[1]
    assert conversation.answerer.target.name == "base"


def test_a_run_without_a_checkpoint_is_its_base_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text(dump_toml(load_config(preset="tiny")))
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    main(["ask", str(tmp_path)])
    assert "the run has no checkpoint yet; its base answers" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        main(["ask", str(tmp_path), "--stage", "sft", "2+2?"])
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_on_a_terminal_it_is_a_conversation(base_folder: Path) -> None:
    """In a process of its own, whose standard input is a pseudo-terminal."""
    ours, theirs = pty.openpty()
    os.write(ours, b"/sing\n/quit\n")
    code = "import sys; from reasoning_train.cli import main; main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, "ask", str(base_folder)],
        stdin=theirs,
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0, done.stderr
    assert "no command /sing; /help lists them" in done.stdout
    assert "/help lists the commands" in done.stderr
