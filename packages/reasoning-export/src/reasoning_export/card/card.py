"""The model card: a README.md whose every figure comes from the run directory."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reasoning_export.card.confidence_map import confidence_map
from reasoning_export.card.evaluation_table import STAGES, evaluation_section
from reasoning_export.card.harness import harness
from reasoning_export.card.model_index import model_index
from reasoning_export.card.provenance import UNFINISHED, Kind, describe
from reasoning_export.card.serving import serving
from reasoning_export.card.training_data import data_sources
from reasoning_export.card.usage import usage
from reasoning_export.errors import ExportError
from reasoning_export.inputs.run_directory import Run

RELATIONS = {Kind.ADAPTER: "adapter"}
"""How the Hub files an export below its base, where it is not a `finetune`."""
GEMMA_TERMS = "https://ai.google.dev/gemma/terms"
LICENCE_TEXTS = {
    "gemma": "Gemma is provided under and subject to the Gemma Terms of Use found at "
    f"{GEMMA_TERMS}."
}
"""What must accompany copies of a model, by its licence."""


def write_card(folder: Path, run: Run, kind: Kind) -> None:
    """Write the card to `README.md`.

    Args:
        folder: The export's folder.
        run: The run it was made from.
        kind: The format of the export.

    Raises:
        ExportError: An evaluation file is not what it should be.
    """
    chain = describe(run)
    parts = [
        _front_matter(run, kind),
        f"# {run.base_name}, post-trained to reason in a fixed schema\n",
        _what(chain, kind),
        _schema(run),
        f"## Use\n\n{usage(run, kind)}",
        f"## Serve\n\n{serving(run, kind)}",
        evaluation_section(run),
        *filter(None, [harness(run, kind)]),
        _limits(run),
        _provenance(chain),
    ]
    (folder / "README.md").write_text("\n".join(parts), encoding="utf-8")


def _provenance(chain: Mapping[str, Any]) -> str:
    """Trace the weights back to data and code, first as a table, then in full."""
    checkpoint, packages = chain["checkpoint"], chain["packages"]
    versions = packages if isinstance(packages, dict) else {}
    links = {
        "weights": f"checkpoint `{checkpoint['stage']}/{checkpoint['step']}`, "
        f"SHA-256 `{checkpoint['sha256']}`",
        "base model": _base(chain["base_model"]),
        "data": _recorded(chain["data_manifest_sha256"], "manifest with SHA-256 `{}`"),
        "reward": _recorded(versions.get("reasoning-rewards"), "`reasoning-rewards` {}"),
        "trainer": _recorded(versions.get("reasoning-train"), "`reasoning-train` {}"),
        "code": _recorded(chain["git_commit"], "git commit `{}`"),
    }
    rows = "\n".join(f"| {name} | {text} |" for name, text in links.items())
    return (
        f"## Provenance\n\n| item | source |\n| --- | --- |\n{rows}\n\n"
        f"```json\n{json.dumps(chain, indent=2, ensure_ascii=False)}\n```\n\n"
        "`export.json` holds the same record and the SHA-256 of every file.\n"
    )


def _base(base: Mapping[str, Any]) -> str:
    revision = f", revision `{base['revision']}`" if base["revision"] else ""
    return f"`{base['id'] or base['name']}`{revision}, files with SHA-256 `{base['digest']}`"


def _recorded(value: object, text: str) -> str:
    return text.format(value) if isinstance(value, str) and value else "not recorded"


def licence(run: Run) -> str:
    """The base model's licence: from the manifest, else `gemma` by its name, else `unknown`."""
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
    # The hub takes ids alone; a base that it does not have is named under Provenance.
    base = [f"base_model: {json.dumps(run.base_id)}"] if run.base_id else []
    datasets = list(dict.fromkeys(x.hub_id for x in data_sources(run) if x.hub_id))
    evaluated = any((run.path / "evaluation" / f"{name}.json").is_file() for name in STAGES)
    index = model_index(run)
    lines = [
        "---",
        f"library_name: {library[kind]}",
        *base,
        *([f"base_model_relation: {RELATIONS.get(kind, 'finetune')}"] if base else []),
        f"license: {json.dumps(licence(run))}",
        *([f"datasets: {json.dumps(datasets)}"] if datasets else []),
        *(["metrics: [accuracy]"] if evaluated else []),
        *([f"model-index: {json.dumps(index, ensure_ascii=False)}"] if index else []),
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
        Kind.SAFETENSORS: "Merged weights" if chain["training"] == "lora" else "Full weights",
        Kind.ADAPTER: "A PEFT adapter",
        Kind.ORBAX: "An Orbax checkpoint of the trained parameters, not merged,",
        Kind.GGUF: "GGUF for llama.cpp",
    }
    checkpoint = chain["checkpoint"]
    notes = [f"> **Serious: {line}**\n" for line in chain["serious"]]
    if checkpoint["finished"] is False:
        notes.append(f"{UNFINISHED}.\n")
    notes += [f"A newer checkpoint was skipped: {x}.\n" for x in checkpoint["passed_over"]]
    return "\n".join(
        [
            f"{form[kind]} of checkpoint `{checkpoint['stage']}/{checkpoint['step']}` "
            f"({how}; trained with Tunix on JAX): {checkpoint['holds']}.\n",
            *notes,
        ]
    )


def _schema(run: Run) -> str:
    schema = run.manifest.get("schema")
    text = ["## Schema and prompt\n"]
    if isinstance(schema, dict):
        text += ["The model answers in this form:\n", "```"]
        text += [_tags(name, pair) for name, pair in schema.items()]
        text += ["```\n"]
    if _states_confidence(run):
        text += [
            "The last line of the reasoning states how likely the answer is right, such as "
            "`Confidence: 0.8`.\n"
        ]
        if fitted := confidence_map(run):
            text += [
                f"A map fitted after training on {fitted['n']} predictions says how often such an "
                "answer was right: `confidence_map` in `export.json`, share of right answers by "
                "stated confidence, linear between its points.\n"
            ]
    if told := run.instructions:
        quoted = json.dumps(told, ensure_ascii=False)
        text += ["The prompt is one user turn: these instructions, followed by the question.\n"]
        text += [f"`{quoted}`\n"]
    else:
        text += ["The prompt is one user turn that contains only the question.\n"]
    return "\n".join(text)


def _states_confidence(run: Run) -> bool:
    style = run.manifest.get("prompt_style")
    return isinstance(style, dict) and style.get("confidence") is True


def _trained_on(run: Run) -> str:
    """Describe the sources of the training and evaluation problems."""
    found = data_sources(run)
    if not found:
        return "The training data is not recorded."
    named = "; ".join(f"{x.hub_id or x.name} ({x.rows} rows, {x.licence})" for x in found)
    return (
        f"The model was trained and evaluated on problems from {named}; "
        "how it does on others is unknown."
    )


def _tags(name: str, pair: object) -> str:
    if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(t, str) for t in pair):
        raise ExportError(f"manifest.json: schema.{name} is {pair!r}; it must be two tags")
    return f"{pair[0]}…{pair[1]}"


def _limits(run: Run) -> str:
    stated = (
        ", and its stated confidence is only as reliable as the calibration above"
        if _states_confidence(run)
        else ""
    )
    lines = [
        "## Limits and terms\n",
        f"{_trained_on(run)} Its reasoning can be convincing and wrong{stated}. It was not trained "
        "or tested for safety beyond its base model.\n",
    ]
    if licence(run) == "gemma":
        lines.append(
            f"This is a derivative of Gemma. Its use and distribution are subject to the "
            f"[Gemma Terms of Use]({GEMMA_TERMS}), including its prohibited-use policy.\n"
        )
    elif licence(run) == "unknown":
        lines.append(
            "The base model's licence is not recorded; find out before sharing this model.\n"
        )
    return "\n".join(lines)
