"""From a problem to the text a Gemma model sees.

Gemma 2 and Gemma 3 share the turn format and know no system turn, so the instructions stand at the
beginning of the user turn. No text here contains `<bos>`: the tokenizer adds exactly one, and a
second one in the text is the well-known fault of Gemma fine-tuning. The completion ends with the
stop token, so that a loss on the completion teaches stopping. Pre-trained Gemmas never saw a turn:
their `<end_of_turn>` is drawn like an unused token and adapters cannot tell it from those, so for
them the stop token is `<eos>`.
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
    """How a problem is written down for a model.

    Attributes:
        name: Name that goes into the manifest.
        instructions: Text before the question in the user turn, separator included; may be empty.
        compact: Write the completion without line breaks around the tags, for tiny models whose
            every token counts.
        confidence: Last line of every demonstrated reasoning, such as `Confidence: 0.9`; empty for
            none. It shows a model that is to be scored on its confidence where to state it.
        stop: Stop token at the end of every completion.
    """

    name: str
    instructions: str = ""
    compact: bool = False
    confidence: str = ""
    stop: str = END_OF_TURN

    def as_dict(self) -> dict[str, object]:
        """The fields as plain values, for a manifest or a configuration file."""
        return asdict(self)


STYLES: dict[str, PromptStyle] = {
    "gemma": PromptStyle("gemma", instructions=INSTRUCTIONS),
    "gemma-pt": PromptStyle("gemma-pt", instructions=INSTRUCTIONS, stop=END_OF_TEXT),
    "bare": PromptStyle("bare", compact=True),
}


def get_style(style: str | PromptStyle) -> PromptStyle:
    """The style of that name; a style is returned as it is.

    Raises:
        DataError: No style has that name.
    """
    if isinstance(style, PromptStyle):
        return style
    if style not in STYLES:
        raise DataError(f"no prompt style {style!r}; choose one of {', '.join(STYLES)}")
    return STYLES[style]


def without_markers(text: str) -> str:
    """Write turn markers in a text as plain words, `<end of turn>`.

    A tokenizer takes a marker for the control token wherever it stands, so a question that holds
    one could end the user's turn and speak for the model.
    """
    for marker in (START_OF_TURN, END_OF_TURN):
        text = text.replace(marker, marker.replace("_", " "))
    return text


def user_text(question: str, style: PromptStyle) -> str:
    """What the user's turn says: instructions and question."""
    return f"{style.instructions}{without_markers(question).strip()}"


def render_prompt(question: str, style: PromptStyle) -> str:
    """The user's turn and the opening of the model's turn, without `<bos>`."""
    return f"{START_OF_TURN}user\n{user_text(question, style)}{END_OF_TURN}\n{START_OF_TURN}model\n"


def model_text(problem: Problem, style: PromptStyle) -> str:
    """Rationale and answer in the output schema, without the stop token.

    Raises:
        RewardError: A text holds a tag of the schema, or the answer is blank.
    """
    rationale = without_markers(problem.rationale).strip()
    reasoning = "\n".join(filter(None, (rationale, style.confidence)))
    gap = "" if style.compact else "\n"
    text = render(f"{gap}{reasoning}{gap}", without_markers(problem.answer).strip())
    return text.replace("</reasoning>\n<answer>", f"</reasoning>{gap}<answer>")


def render_completion(problem: Problem, style: PromptStyle) -> str:
    """What the model should write for the problem, stop token included."""
    return model_text(problem, style) + style.stop


def render_example(problem: Problem, style: PromptStyle) -> Example:
    """Prompt and completion of one problem."""
    return Example(render_prompt(problem.question, style), render_completion(problem, style))


def render_messages(problem: Problem, style: PromptStyle) -> list[dict[str, str]]:
    """The same as chat messages, for trainers that apply the tokenizer's chat template."""
    return [
        {"role": "user", "content": user_text(problem.question, style)},
        {"role": "assistant", "content": model_text(problem, style)},
    ]
