"""Writes Ollama's `Modelfile`: the prompt, the stop token and the decoding of the evaluation.

Its rules are those of Ollama's documentation (docs/modelfile.mdx) and of its parser: a text between
triple quotes is taken as it is, and cannot contain triple quotes. Ollama begins every prompt with
the tokenizer's `<bos>` itself.
"""

from reasoning_export.card.usage import MAX_NEW_TOKENS
from reasoning_export.errors import ExportError
from reasoning_export.gemma.chat_template import END_OF_TURN, START_OF_TURN, stop_texts
from reasoning_export.inputs.run_directory import Run

QUOTES = '"""'


def modelfile(run: Run, weights: str, licence: str = "") -> str:
    """The `Modelfile` of an export.

    The template writes the instructions, Ollama's system message, in front of the first question,
    with the gap between them that training had.

    Args:
        run: The exported run.
        weights: Name of the GGUF file beside the `Modelfile`.
        licence: The licence's text, if it is to be shown.

    Raises:
        ExportError: The instructions cannot be written in a `Modelfile`.
    """
    told = run.instructions.rstrip()
    gap = run.instructions[len(told) :] if told else "\n\n"
    if QUOTES in told:
        raise ExportError(f"a Modelfile cannot hold these instructions: {run.instructions!r:.200}")
    turn = (
        f"{START_OF_TURN}user\n{{{{ if .System }}}}{{{{ .System }}}}{gap}{{{{ end }}}}"
        f"{{{{ .Prompt }}}}{END_OF_TURN}\n{START_OF_TURN}model\n{{{{ .Response }}}}{END_OF_TURN}\n"
    )
    lines = [
        f"FROM ./{weights}",
        f"TEMPLATE {QUOTES}{turn}{QUOTES}",
        *([f"SYSTEM {QUOTES}{told}{QUOTES}"] if told else []),
        *(f'PARAMETER stop "{stop}"' for stop in stop_texts(run.stop)),
        "PARAMETER temperature 0",
        "PARAMETER repeat_penalty 1.0",
        f"PARAMETER num_predict {MAX_NEW_TOKENS}",
        *([f"LICENSE {QUOTES}{licence}{QUOTES}"] if licence else []),
    ]
    return "\n".join(lines) + "\n"
