"""Rendering of problems as the text that a Gemma model sees.

Gemma 2 and Gemma 3 share the turn format and have no system turn, so the instructions stand at the
beginning of the user turn. No text here contains `<bos>`: the tokenizer adds exactly one, and a
second one is a well-known mistake in fine-tuning Gemma. Completions end with the stop token, so
that the loss on them teaches the model to stop. Pre-trained Gemmas never saw a turn: the embedding
of `<end_of_turn>` is as good as random and adapters cannot tell it from unused tokens, so their
stop token is `<eos>`.

The last line of a reasoning states how likely its answer is right: `Confidence: 0.8`.
"""

import hashlib
from dataclasses import asdict, dataclass, replace

from reasoning_data.errors import DataError
from reasoning_data.problem import Example, Problem
from reasoning_rewards import render

START_OF_TURN = "<start_of_turn>"
END_OF_TURN = "<end_of_turn>"
END_OF_TEXT = "<eos>"

_TASK = "Solve the problem. Think step by step between <reasoning> and </reasoning>, "
_ANSWER = "give only the final answer between <answer> and </answer>.\n\n"
INSTRUCTIONS = (
    f"{_TASK}and end the reasoning with a line that states the probability that your answer is "
    f"right, such as Confidence: 0.9 or Confidence: 0.35. Then {_ANSWER}"
)
INSTRUCTIONS_WITHOUT_CONFIDENCE = f"{_TASK}then {_ANSWER}"

CONFIDENCES = tuple(step / 20 for step in range(1, 20))
"""The values that demonstrations state: .05, .10, … .95."""


@dataclass(frozen=True, slots=True)
class PromptStyle:
    """Style in which a problem is written for a model.

    Attributes:
        name: Name of the style in the manifest.
        instructions: Text before the question in the user turn, separator included; may be empty.
        compact: Whether completions have no line breaks around the tags, to save tokens for tiny
            models.
        confidence: Whether every demonstrated reasoning ends with a line that states a confidence.
        stop: Stop token at the end of every completion.
    """

    name: str
    instructions: str = ""
    compact: bool = False
    confidence: bool = True
    stop: str = END_OF_TURN

    def as_dict(self) -> dict[str, object]:
        """Return the fields as plain values for a manifest or a configuration file."""
        return asdict(self)


STYLES: dict[str, PromptStyle] = {
    "gemma": PromptStyle("gemma", instructions=INSTRUCTIONS),
    "gemma-pt": PromptStyle("gemma-pt", instructions=INSTRUCTIONS, stop=END_OF_TEXT),
    "bare": PromptStyle("bare", compact=True),
}


def get_style(style: str | PromptStyle, confidence: bool = True) -> PromptStyle:
    """Return the style of that name, or the given one.

    Args:
        style: A name, or a style of your own.
        confidence: False for the two-part schema, which asks for no confidence and shows none.

    Raises:
        DataError: The name is unknown.
    """
    if not isinstance(style, PromptStyle):
        if style not in STYLES:
            raise DataError(f"no prompt style {style!r}; choose one of {', '.join(STYLES)}")
        style = STYLES[style]
    return style if confidence else without_confidence(style)


def without_confidence(style: PromptStyle) -> PromptStyle:
    """Return the style in the two-part schema; instructions of your own are kept."""
    told = style.instructions
    told = INSTRUCTIONS_WITHOUT_CONFIDENCE if told == INSTRUCTIONS else told
    return replace(style, instructions=told, confidence=False)


def confidence_line(value: float) -> str:
    """Return the canonical last line of a reasoning for the nearest of `CONFIDENCES`."""
    return f"Confidence: {min(CONFIDENCES, key=lambda known: abs(known - value)):g}"


def demonstrated_confidence(problem: Problem) -> float:
    """Return the confidence that a demonstration of the problem states.

    It is the problem's own where that is known. A demonstration of unknown difficulty is drawn
    uniformly from `CONFIDENCES` by a hash of its id. That it is right says how good its author is,
    not how often the model will be: a high value would teach to be sure of everything, which the
    reward then has to unlearn, and any one value teaches to say that one, so that no group of
    completions differs and nothing is learned from. A draw that no feature of the problem predicts
    teaches the form alone.
    """
    if problem.confidence is not None:
        return problem.confidence
    digest = hashlib.sha256(f"confidence:{problem.id}".encode()).digest()
    return CONFIDENCES[int.from_bytes(digest[:8]) % len(CONFIDENCES)]


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
    """Return rationale, confidence and answer in the output schema, without the stop token.

    Raises:
        RewardError: A text contains a tag of the schema, or the answer is blank.
    """
    rationale = without_markers(problem.rationale).strip()
    stated = confidence_line(demonstrated_confidence(problem)) if style.confidence else ""
    reasoning = "\n".join(filter(None, (rationale, stated)))
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
