import ast

import pytest

from reasoning_export import Run
from reasoning_export.card.provenance import Kind
from reasoning_export.card.serving import serving
from reasoning_export.card.usage import QUESTION


def fenced(text, language):
    """The code between the fences, which stand at the beginning of a line."""
    return text.partition(f"```{language}\n")[2].split("\n```\n")[0]


@pytest.mark.parametrize("kind", [Kind.SAFETENSORS, Kind.ADAPTER, Kind.GGUF])
@pytest.mark.parametrize("told", ["", "Think.\n\n", 'It\'s "so"\n```\n\\ 東京 🙂'])
def test_the_code_compiles_and_asks_as_in_training(make_golden, kind, told):
    golden = make_golden()
    golden.edit_manifest(prompt_style={"instructions": told})
    tree = ast.parse(fenced(serving(Run.open(golden.run), kind), "python"))
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    assert values == {"instructions": told, "question": QUESTION}


@pytest.mark.parametrize(("rank", "allowed"), [(4, 8), (16, 16), (33, 64), (300, 300)])
def test_an_adapter_is_served_at_a_rank_that_vllm_takes(make_golden, rank, allowed):
    golden = make_golden()
    golden.edit_manifest(lora={"rank": rank})
    commands = fenced(serving(Run.open(golden.run), Kind.ADAPTER), "bash")
    assert f"--max-lora-rank {allowed} " in commands
    assert commands.startswith("vllm serve BASE ")


def test_a_base_on_the_hub_is_named(make_golden):
    golden = make_golden()
    golden.edit_manifest(base_model={"source": "hub", "id": "google/gemma-3-1b-it"})
    text = serving(Run.open(golden.run), Kind.ADAPTER)
    assert "vllm serve google/gemma-3-1b-it --enable-lora" in text


def test_an_orbax_export_says_what_engines_read_instead(make_golden):
    text = serving(Run.open(make_golden().run), Kind.ORBAX)
    assert "reasoning-export gguf RUN OUT" in text
    assert "```" not in text
