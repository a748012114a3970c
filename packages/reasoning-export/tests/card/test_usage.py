import ast

import pytest

from reasoning_export import Run
from reasoning_export.card.provenance import Kind
from reasoning_export.card.usage import QUESTION, usage


def shown(golden, kind):
    """The code between the fences, which stand at the beginning of a line."""
    return usage(Run.open(golden.run), kind).partition("\n")[2].split("\n```\n")[0]


@pytest.mark.parametrize("kind", [Kind.SAFETENSORS, Kind.ADAPTER])
@pytest.mark.parametrize("told", ["", "Think.\n\n", 'It\'s "so"\n```\n\\ 東京 🙂'])
def test_the_code_compiles_and_asks_as_in_training(make_golden, kind, told):
    golden = make_golden()
    golden.edit_manifest(prompt_style={"instructions": told})
    tree = ast.parse(shown(golden, kind))
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    assert values == {"instructions": told, "question": QUESTION}


def test_the_orbax_code_names_the_step_that_is_there(make_golden):
    code = shown(make_golden(), Kind.ORBAX)
    ast.parse(code)
    assert "actor/7/model_params" in code


@pytest.mark.parametrize("style", [None, [], {"instructions": 5}])
def test_without_instructions_the_question_stands_alone(make_golden, style):
    golden = make_golden()
    golden.edit_manifest(prompt_style=style)
    assert "instructions = ''" in shown(golden, Kind.SAFETENSORS)
