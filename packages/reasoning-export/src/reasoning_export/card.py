"""The model card: a README.md whose every figure comes from the run directory."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reasoning_export.errors import ExportError
from reasoning_export.provenance import Kind, describe
from reasoning_export.run import Run, read_json

EVALUATIONS = ("base", "sft", "grpo")
FIGURES = ("accuracy_lenient", "well_formed", "mean_reward", "ece", "brier")
GEMMA_TERMS = "https://ai.google.dev/gemma/terms"

USE = {
    Kind.SAFETENSORS: """\
```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("PATH")
model = AutoModelForCausalLM.from_pretrained("PATH", attn_implementation="eager")
messages = [{"role": "user", "content": INSTRUCTIONS + question}]
inputs = tokenizer.apply_chat_template(
    messages, add_generation_prompt=True, return_dict=True, return_tensors="pt"
)
output = model.generate(**inputs, max_new_tokens=768, do_sample=False)
print(tokenizer.decode(output[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True))
```

Eager attention matters for Gemma 2: other implementations leave out its soft cap on attention.
""",
    Kind.ADAPTER: """\
```python
from peft import PeftModel
from transformers import AutoModelForCausalLM

base = AutoModelForCausalLM.from_pretrained(
    "PATH OF THE BASE MODEL", attn_implementation="eager"
)
model = PeftModel.from_pretrained(base, "PATH")
```
""",
    Kind.ORBAX: """\
```python
import jax
import orbax.checkpoint as ocp
from flax import nnx

# lora_policy: the base model in Tunix with LoRA of the rank above applied by qwix
abstract = jax.tree.map(
    lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), nnx.state(lora_policy, nnx.LoRAParam)
)
state = ocp.StandardCheckpointer().restore("ABSOLUTE PATH/actor/STEP/model_params", target=abstract)
nnx.update(lora_policy, state)
```
""",
    Kind.GGUF: """\
```
llama-cli -m FILE.gguf -p "PROMPT" --temp 0 -n 768
```
""",
}


def write_card(folder: Path, run: Run, kind: Kind) -> None:
    """Write `README.md`.

    Raises:
        ExportError: An evaluation file is not what it should be.
    """
    chain = describe(run)
    parts = [
        _front_matter(run, kind),
        f"# {run.base_name}, post-trained to reason in a fixed schema\n",
        _what(chain, kind),
        _schema(run),
        f"## Use\n\n{USE[kind]}",
        _evaluation(run),
        _limits(run),
        "## Provenance\n\n```json\n"
        + json.dumps(chain, indent=2, ensure_ascii=False)
        + "\n```\n\n`export.json` lists the same and the SHA-256 of every file here.\n",
    ]
    (folder / "README.md").write_text("\n".join(parts), encoding="utf-8")


def licence(run: Run) -> str:
    """What the manifest says; Gemma's terms where the base is Google's; else `unknown`."""
    stated = run.manifest["base_model"].get("license")
    if isinstance(stated, str):
        return stated
    name = run.base_name.lower()
    return "gemma" if name.startswith(("google/gemma", "gemma")) else "unknown"


def _front_matter(run: Run, kind: Kind) -> str:
    library = {
        Kind.SAFETENSORS: "transformers",
        Kind.ADAPTER: "peft",
        Kind.ORBAX: "tunix",
        Kind.GGUF: "gguf",
    }
    lines = [
        "---",
        f"library_name: {library[kind]}",
        f"base_model: {json.dumps(run.base_name)}",
        f"license: {json.dumps(licence(run))}",
        "pipeline_tag: text-generation",
        "tags: [reasoning, grpo, tunix]",
        "---\n",
    ]
    return "\n".join(lines)


def _what(chain: Mapping[str, Any], kind: Kind) -> str:
    lora = chain["lora"]
    how = (
        "all weights trained"
        if chain["training"] == "full"
        else f"LoRA of rank {lora['rank']}, alpha {lora['alpha']}"
    )
    form = {
        Kind.SAFETENSORS: "merged weights" if chain["training"] == "lora" else "full weights",
        Kind.ADAPTER: "a PEFT adapter",
        Kind.ORBAX: "an Orbax checkpoint of the trained parameters, not merged",
        Kind.GGUF: "GGUF for llama.cpp",
    }
    checkpoint = chain["checkpoint"]
    return (
        f"This is {form[kind]} of checkpoint `{checkpoint['stage']}/{checkpoint['step']}` "
        f"({how}; trained with Tunix on JAX).\n"
    )


def _schema(run: Run) -> str:
    schema = run.manifest.get("schema")
    style = run.manifest.get("prompt_style")
    text = ["## Schema and prompt\n"]
    if isinstance(schema, dict):
        text += ["The model answers in this form:\n", "```"]
        text += [
            "".join((*map(str, pair[:1]), "…", *map(str, pair[1:]))) for pair in schema.values()
        ]
        text += ["```\n"]
    instructions = style.get("instructions") if isinstance(style, dict) else None
    if isinstance(instructions, str) and instructions:
        quoted = json.dumps(instructions, ensure_ascii=False)
        text += [
            f"Prompt: one user turn, these instructions and then the question:\n\n`{quoted}`\n"
        ]
    else:
        text += ["Prompt: one user turn that holds nothing but the question.\n"]
    return "\n".join(text)


def _evaluation(run: Run) -> str:
    rows = []
    for name in EVALUATIONS:
        path = run.path / "evaluation" / f"{name}.json"
        if path.is_file():
            rows.append(_row(name, read_json(path, "an evaluation")))
    if not rows:
        return "## Evaluation\n\nThis run was not evaluated.\n"
    head = ["model", "n", "accuracy (95 % interval)", *(name.replace("_", " ") for name in FIGURES)]
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return (
        f"## Evaluation\n\nOn the same held-out problems; accuracy counts answers in the tags.\n\n"
        f"{table}\n"
    )


def _row(name: str, values: Mapping[str, Any]) -> list[str]:
    interval = values.get("ci95")
    accuracy = _figure(name, values, "accuracy")
    if isinstance(interval, list) and len(interval) == 2:
        low, high = (_number(name, "ci95", value) for value in interval)
        accuracy += f" ({low} to {high})"
    return [name, str(values.get("n", "—")), accuracy, *(_figure(name, values, k) for k in FIGURES)]


def _figure(name: str, values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    return "—" if value is None else _number(name, key, value)


def _number(name: str, key: str, value: object) -> str:
    if not isinstance(value, int | float):
        raise ExportError(f"evaluation/{name}.json: {key} is {value!r}; it must be a number")
    return f"{value:.3f}"


def _limits(run: Run) -> str:
    lines = [
        "## Limits and terms\n",
        "The model was trained on short problems of one kind. Its reasoning can read well and be "
        "wrong, and its stated confidence is only as good as the calibration above. "
        "It was not trained or tested for safety beyond its base model.\n",
    ]
    if licence(run) == "gemma":
        lines.append(
            f"A derivative of Gemma: use and sharing are subject to the [Gemma Terms of Use]"
            f"({GEMMA_TERMS}), including its prohibited-use policy.\n"
        )
    elif licence(run) == "unknown":
        lines.append(
            "The licence of the base model is not on record; find it before sharing this.\n"
        )
    return "\n".join(lines)
