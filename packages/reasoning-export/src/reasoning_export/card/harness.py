"""The command on a card that measures an export with lm-evaluation-harness."""

from reasoning_export.card.provenance import Kind
from reasoning_export.inputs.run_directory import Run

TASK_FILE = "lm_eval_task.yaml"
"""In every export that the harness can load or be served: GSM8K in the prompt of training."""

COMMANDS = {
    Kind.SAFETENSORS: """\
lm_eval run --model hf --model_args pretrained=PATH,attn_implementation=eager \\
    --tasks PATH/lm_eval_task.yaml
""",
    Kind.ADAPTER: """\
lm_eval run --model hf --model_args pretrained=BASE,peft=PATH,tokenizer=PATH \\
    --tasks PATH/lm_eval_task.yaml
""",
    Kind.GGUF: """\
lm_eval run --model local-completions --tasks PATH/lm_eval_task.yaml \\
    --model_args model=reasoning,base_url=http://localhost:8080/v1/completions,tokenizer=TOKENIZER
""",
}
NOTES = {
    Kind.SAFETENSORS: "",
    Kind.ADAPTER: "",
    Kind.GGUF: " Ask a running server (above); TOKENIZER is the base model's id or folder.",
}


def harness(run: Run, kind: Kind) -> str:
    """The section of the card, or nothing for a kind that the harness cannot load.

    Args:
        run: The exported run.
        kind: The format of the export.
    """
    if kind is Kind.ORBAX:
        return ""
    command = COMMANDS[kind].replace("BASE", run.base_id or "BASE")
    return (
        "## Measure it with lm-evaluation-harness\n\n"
        f"`{TASK_FILE}` is GSM8K in the prompt of training.{NOTES[kind]} Give no "
        f"`--apply_chat_template`: the prompt holds its turns already.\n\n```bash\n{command}```\n"
    )
