"""The code on a card that loads an export and asks it a question."""

from reasoning_export.card.provenance import Kind
from reasoning_export.inputs.run_directory import Run

LOADED = {
    Kind.SAFETENSORS: """\
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("PATH")
model = AutoModelForCausalLM.from_pretrained("PATH", attn_implementation="eager")
""",
    Kind.ADAPTER: """\
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("PATH")
base = AutoModelForCausalLM.from_pretrained("BASE", attn_implementation="eager")
model = PeftModel.from_pretrained(base, "PATH")
""",
}
"""PATH is the export's folder, BASE the base model's."""
LOADED_WITH_ITS_BASE = """\
from peft import AutoPeftModelForCausalLM
from transformers import AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("PATH")
model = AutoPeftModelForCausalLM.from_pretrained("PATH", attn_implementation="eager")
"""
"""An adapter on a base of the hub, which `adapter_config.json` names with its commit."""
ASKED = """\
messages = [{"role": "user", "content": instructions + question}]
inputs = tokenizer.apply_chat_template(
    messages, add_generation_prompt=True, return_dict=True, return_tensors="pt"
)
output = model.generate(**inputs, max_new_tokens=LIMIT, do_sample=False)
print(tokenizer.decode(output[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True))
"""
EAGER = (
    "Eager attention matters for Gemma 2: other implementations omit its soft cap on "
    "attention scores.\n"
)
BASE_ELSEWHERE = (
    "BASE is a folder with the base model's files. The adapter was trained on exactly these "
    "weights, which are not on the hub; `reasoning-export verify PATH --base BASE` compares BASE "
    "with them.\n\n"
)
RESTORED = """\
import jax
import orbax.checkpoint as ocp
from flax import nnx

# policy: the base model in Tunix, with LoRA of the rank above applied by qwix if there is one
kind = nnx.LoRAParam  # nnx.Param where all weights were trained
abstract = jax.tree.map(
    lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), nnx.state(policy, kind)
)
state = ocp.StandardCheckpointer().restore("ABSOLUTE PATH/actor/STEP/model_params", target=abstract)
nnx.update(policy, state)
"""
MAX_NEW_TOKENS = 768
"""Enough for a long trace, and what keeps a model that never stops from going on."""
QUESTION = "Tom has 12 pens and buys 7 more. How many pens does Tom have now?"


def usage(run: Run, kind: Kind) -> str:
    """Code in Markdown that loads an export of this kind and asks it a question."""
    if kind is Kind.ORBAX:
        return f"```python\n{RESTORED.replace('STEP', str(run.checkpoint.step))}```\n"
    if kind is Kind.GGUF:
        return "llama.cpp and Ollama read it: see the next section.\n"
    asked = ASKED.replace("LIMIT", str(MAX_NEW_TOKENS))
    told = f"instructions = {run.instructions!r}\nquestion = {QUESTION!r}\n"
    if kind is Kind.ADAPTER and run.base_id:
        return f"```python\n{LOADED_WITH_ITS_BASE}\n{told}{asked}```\n\n{EAGER}"
    base = BASE_ELSEWHERE if kind is Kind.ADAPTER else ""
    return f"```python\n{LOADED[kind]}\n{told}{asked}```\n\n{base}{EAGER}"
