"""Compare lm-evaluation-harness with an evaluation of ours, row by row.

    python benchmarks/lm_eval_rows.py EXPORT PREDICTIONS [--limit N] [--tokens N] [--batch-size N]

EXPORT is what `reasoning-export safetensors` made, PREDICTIONS the `*.predictions.jsonl` of an
evaluation of the same weights; --tokens is by default the limit that the figures beside them name.
The harness answers the same problems, as rows of GSM8K's form, with the task file of the export.
Prints both scores, how many completions are the same to the letter, and every row that the two
score differently.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

from reasoning_train.evaluation.scorers import lm_eval_flexible

TURNS = "<start_of_turn>user\n", "<end_of_turn>\n<start_of_turn>model\n"
TASK = "compared"


def problems(rows: list[dict[str, Any]], instructions: str) -> list[dict[str, str]]:
    """The problems of an evaluation as rows of GSM8K's form."""
    opens, closes = TURNS
    return [
        {
            "question": row["prompt"].removeprefix(opens + instructions).removesuffix(closes),
            "answer": f"#### {row['gold']}",
        }
        for row in rows
    ]


def measured(
    export: Path, rows: list[dict[str, str]], scratch: Path, options: argparse.Namespace
) -> dict[str, dict[int, dict[str, Any]]]:
    """The harness's samples, by filter and row."""
    data, task = scratch / "problems.jsonl", scratch / "task.yaml"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    changed = {
        "include": str(export.resolve() / "lm_eval_task.yaml"),
        "task": TASK,
        "dataset_path": "json",
        "dataset_name": None,
        "dataset_kwargs": {"data_files": {"test": str(data)}},
    }
    task.write_text(json.dumps(changed), encoding="utf-8")
    model = f"pretrained={export},dtype=float32,attn_implementation=eager"
    arguments = ["--model", "hf", "--model_args", model, "--tasks", task, "--device", "cpu"]
    arguments += ["--output_path", scratch / "results", "--log_samples"]
    arguments += ["--batch_size", options.batch_size]
    if options.tokens:
        arguments += ["--gen_kwargs", f"max_gen_toks={options.tokens}"]
    subprocess.run(
        [sys.executable, "-m", "lm_eval", "run", *map(str, arguments)],
        check=True,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"},
        stdout=subprocess.DEVNULL,
    )
    found: dict[str, dict[int, dict[str, Any]]] = {}
    (samples,) = (scratch / "results").rglob(f"samples_{TASK}_*.jsonl")
    for line in samples.read_text(encoding="utf-8").splitlines():
        sample = json.loads(line)
        found.setdefault(sample["filter"], {})[sample["doc_id"]] = sample
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("export", type=Path)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("--limit", type=int, help="of problems")
    parser.add_argument("--tokens", type=int, help="of a completion, as in our evaluation")
    parser.add_argument("--batch-size", type=int, default=16)
    options = parser.parse_args()
    record = json.loads((options.export / "export.json").read_text(encoding="utf-8"))
    with options.predictions.open(encoding="utf-8") as lines:
        ours = [json.loads(line) for line in islice(lines, options.limit)]
    figures = options.predictions.with_name(
        options.predictions.name.replace(".predictions.jsonl", ".json")
    )
    if options.tokens is None and figures.is_file():
        options.tokens = json.loads(figures.read_text())["max_completion_tokens"]
    with tempfile.TemporaryDirectory() as scratch:
        rows = problems(ours, record["prompt_style"]["instructions"])
        theirs = measured(options.export, rows, Path(scratch), options)
    strict, flexible = theirs["strict-match"], theirs["flexible-extract"]
    n, same, differences = len(ours), 0, []
    for index, row in enumerate(ours):
        text = strict[index]["resps"][0][0]
        same += text.strip() == row["completion"].strip()
        for name, sample, our_score in (
            ("strict", strict[index], row["correct"]),
            ("flexible", flexible[index], lm_eval_flexible(row["completion"], row["gold"])),
        ):
            if bool(sample["exact_match"]) != our_score:
                differences.append(
                    f"{name} {row['id']}: ours {our_score}, {row['gold']!r}, {text!r}"
                )
    theirs_strict = sum(bool(sample["exact_match"]) for sample in strict.values())
    theirs_flexible = sum(bool(sample["exact_match"]) for sample in flexible.values())
    ours_flexible = sum(lm_eval_flexible(row["completion"], row["gold"]) for row in ours)
    print(f"completions the same to the letter: {same} of {n}")
    print(f"strict: ours {sum(row['correct'] for row in ours)}, the harness {theirs_strict} of {n}")
    print(f"flexible: ours {ours_flexible}, the harness {theirs_flexible} of {n}")
    print(f"rows scored differently: {len(differences)}")
    for line in differences:
        print(f"  {line}")


if __name__ == "__main__":
    main()
