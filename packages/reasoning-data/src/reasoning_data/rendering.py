"""Rendering of problems as the text that a Gemma model sees.

Gemma 2 and Gemma 3 share the turn format and have no system turn, so the instructions stand at the
beginning of the user turn. No text here contains `<bos>`: the tokenizer adds exactly one, and a
second one is a well-known mistake in fine-tuning Gemma. Completions end with the stop token, so
that the loss on them teaches the model to stop. Pre-trained Gemmas never saw a turn: the embedding
of `<end_of_turn>` is as good as random and adapters cannot tell it from unused tokens, so their
stop token is `<eos>`.
"""

from dataclasses import asdict, dataclass

from reasoning_data.errors import DataError
from reasoning_data.problem import Example, Problem
from reasoning_rewards import render

START_OF_TURN = "<start_of_turn>"
END_OF_TURN = "<end_of_turn>"
END_OF_TEXT = "<eos>"

INSTRUCTIONS = (
    "Solve the problem. Think step by step between <reasoning> and </reasoning>, then give only "
    "the final answer between <answer> and </answer>.\n\n"
)


@dataclass(frozen=True, slots=True)
class PromptStyle:
    """Style in which a problem is written for a model.

    Attributes:
        name: Name of the style in the manifest.
        instructions: Text before the question in the user turn, separator included; may be empty.
        compact: Whether completions have no line breaks around the tags, to save tokens for tiny
            models.
        confidence: Last line of every demonstrated reasoning, such as `Confidence: 0.9`; empty for
            none. It shows a model that is scored on its confidence where to state it.
        stop: Stop token at the end of every completion.
    """

    name: str
    instructions: str = ""
    compact: bool = False
    confidence: str = ""
    stop: str = END_OF_TURN

    def as_dict(self) -> dict[str, object]:
        """Return the fields as plain values for a manifest or a configuration file."""
        return asdict(self)


STYLES: dict[str, PromptStyle] = {
    "gemma": PromptStyle("gemma", instructions=INSTRUCTIONS),
    "gemma-pt": PromptStyle("gemma-pt", instructions=INSTRUCTIONS, stop=END_OF_TEXT),
    "bare": PromptStyle("bare", compact=True),
}


def get_style(style: str | PromptStyle) -> PromptStyle:
    """Return the style of that name; a `PromptStyle` is returned unchanged.

    Raises:
        DataError: The name is unknown.
    """
    if isinstance(style, PromptStyle):
        return style
    if style not in STYLES:
        raise DataError(f"no prompt style {style!r}; choose one of {', '.join(STYLES)}")
    return STYLES[style]


def without_markers(text: str) -> str:
    """Write turn markers in a text as plain words, `<end of turn>`.

    A tokenizer reads a marker as the control token wherever it occurs, so a question that contains
    one could end the user's turn and speak for the model.
    """
    for marker in (START_OF_TURN, END_OF_TURN):
        text = text.replace(marker, marker.replace("_", " "))
    return text


def user_text(question: str, style: PromptStyle) -> str:
    """Return the content of the user's turn: instructions and question."""
    return f"{style.instructions}{without_markers(question).strip()}"


def render_prompt(question: str, style: PromptStyle) -> str:
    """Return the user's turn and the opening of the model's turn, without `<bos>`."""
    return f"{START_OF_TURN}user\n{user_text(question, style)}{END_OF_TURN}\n{START_OF_TURN}model\n"


def question_of(prompt: str, style: PromptStyle) -> str:
    """Return the question in a prompt that `render_prompt` wrote in that style."""
    opening, closing = render_prompt("\0", style).split("\0")
    return prompt.removeprefix(opening).removesuffix(closing)


def model_text(problem: Problem, style: PromptStyle) -> str:
    """Return rationale and answer in the output schema, without the stop token.

    Raises:
        RewardError: A text contains a tag of the schema, or the answer is blank.
    """
    rationale = without_markers(problem.rationale).strip()
    reasoning = "\n".join(filter(None, (rationale, style.confidence)))
    gap = "" if style.compact else "\n"
    text = render(f"{gap}{reasoning}{gap}", without_markers(problem.answer).strip())
    return text.replace("</reasoning>\n<answer>", f"</reasoning>{gap}<answer>")


def render_completion(problem: Problem, style: PromptStyle) -> str:
    """Return the text that the model should write for the problem, including the stop token."""
    return model_text(problem, style) + style.stop


def render_example(problem: Problem, style: PromptStyle) -> Example:
    """Return prompt and completion of one problem."""
    return Example(render_prompt(problem.question, style), render_completion(problem, style))


def render_messages(problem: Problem, style: PromptStyle) -> list[dict[str, str]]:
    """Return a problem as chat messages, for trainers that apply the tokenizer's chat template."""
    return [
        {"role": "user", "content": user_text(problem.question, style)},
        {"role": "assistant", "content": model_text(problem, style)},
    ]
