"""Writes `lm_eval_task.yaml`: GSM8K for lm-evaluation-harness, in the prompt of training.

The prompt is written out, turn markers included, so that it is the same through `hf` and through
`local-completions`; the harness must not apply a chat template to it. The filter `flexible-extract`
and the metric are those of the harness's own task `gsm8k`, version 3; `strict-match` takes the
answer from its tags instead of after `####`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reasoning_export.card.harness import TASK_FILE
from reasoning_export.card.usage import MAX_NEW_TOKENS
from reasoning_export.gemma.chat_template import END_OF_TURN, MARKERS, START_OF_TURN, stop_texts
from reasoning_export.inputs.run_directory import Run

NAME = "reasoning_gsm8k"
NUMBER = r"(-?[$0-9.,]{2,})|(-?[0-9]+)"
IGNORED = [",", r"\$", "(?s).*#### ", r"\.$"]
JINJA = ("{{", "{%", "{#")


def write_task(folder: Path, run: Run, config: Mapping[str, Any]) -> None:
    """Write the task file.

    Args:
        folder: The export's folder.
        run: The exported run.
        config: The model's configuration, whose window limits a completion.
    """
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in _task(run, config)]
    (folder / TASK_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _task(run: Run, config: Mapping[str, Any]) -> list[tuple[str, Any]]:
    window = int(config.get("max_position_embeddings", 8192))
    generation = {
        "until": stop_texts(run.stop),
        "do_sample": False,
        "max_gen_toks": min(MAX_NEW_TOKENS, window // 2),
    }
    metric = {
        "metric": "exact_match",
        "aggregation": "mean",
        "higher_is_better": True,
        "ignore_case": True,
        "ignore_punctuation": False,
        "regexes_to_ignore": IGNORED,
    }
    return [
        ("task", NAME),
        ("dataset_path", "openai/gsm8k"),
        ("dataset_name", "main"),
        ("test_split", "test"),
        ("output_type", "generate_until"),
        ("num_fewshot", 0),
        ("doc_to_text", _prompt(run)),
        ("doc_to_target", "{{answer}}"),
        ("generation_kwargs", generation),
        (
            "filter_list",
            [_filter("strict-match", _tagged(run), 0), _filter("flexible-extract", NUMBER, -1)],
        ),
        ("metric_list", [metric]),
        ("metadata", {"version": 1.0}),
    ]


def _prompt(run: Run) -> str:
    """The Jinja template of the prompt; `<bos>` comes from the tokenizer."""
    told = run.instructions
    if any(mark in told for mark in JINJA):
        told = f"{{{{ {json.dumps(told, ensure_ascii=False)} }}}}"
    question = "question"
    for marker in MARKERS:
        question += f'.replace("{marker}", "{marker.replace("_", " ")}")'
    return (
        f"{START_OF_TURN}user\n{told}{{{{ {question}.strip() }}}}{END_OF_TURN}\n"
        f"{START_OF_TURN}model\n"
    )


def _tagged(run: Run) -> str:
    """The pattern of an answer in the tags of the run's schema."""
    schema = run.manifest.get("schema")
    pair = schema.get("answer") if isinstance(schema, dict) else None
    # The card, which is written beside it, refuses a schema that is none.
    opens, closes = pair if isinstance(pair, list) and len(pair) == 2 else ("<answer>", "</answer>")
    return rf"(?s){opens}\s*(.*?)\s*{closes}"


def _filter(name: str, pattern: str, group: int) -> dict[str, Any]:
    regex = {"function": "regex", "regex_pattern": pattern, "group_select": group}
    return {"name": name, "filter": [regex, {"function": "take_first"}]}
