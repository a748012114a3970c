import pytest

from reasoning_export import ExportError, Run
from reasoning_export.formats.modelfile import modelfile

QUESTION = "How many?"


def commands(text):
    """The commands of a Modelfile by Ollama's rules: triple quotes hold any text but themselves."""
    found, rest = [], text
    while rest := rest.lstrip("\n"):
        name, _, rest = rest.partition(" ")
        if rest.startswith('"""'):
            value, _, rest = rest[3:].partition('"""\n')
        else:
            value, _, rest = rest.partition("\n")
        found.append((name, value))
    return found


def rendered(template, system, prompt):
    """What Go's templates make of the few fields used here, up to the response."""
    before, _, after = template.partition("{{ if .System }}")
    told, _, rest = after.partition("{{ end }}")
    text = before + (told.replace("{{ .System }}", system) if system else "") + rest
    return text.replace("{{ .Prompt }}", prompt).partition("{{ .Response }}")[0]


@pytest.mark.parametrize(
    "told", ["", "Think.\n\n", 'Say "so", {{ braces }}: ', "Think.\n", "東京 "]
)
def test_the_prompt_is_that_of_training(make_golden, told):
    golden = make_golden()
    golden.edit_manifest(prompt_style={"instructions": told})
    found = dict(commands(modelfile(Run.open(golden.run), "model-f16.gguf")))
    prompt = rendered(found["TEMPLATE"], found.get("SYSTEM", ""), QUESTION)
    assert prompt == (f"<start_of_turn>user\n{told}{QUESTION}<end_of_turn>\n<start_of_turn>model\n")
    assert found["FROM"] == "./model-f16.gguf"


def test_decoding_stops_and_is_greedy_as_in_the_evaluation(make_golden):
    golden = make_golden()
    golden.edit_manifest(prompt_style={"stop": "<eos>"})
    found = commands(modelfile(Run.open(golden.run), "model.gguf", "See the terms."))
    parameters = [value for name, value in found if name == "PARAMETER"]
    assert parameters[:3] == ['stop "<end_of_turn>"', 'stop "<start_of_turn>"', 'stop "<eos>"']
    assert "temperature 0" in parameters
    assert found[-1] == ("LICENSE", "See the terms.")


def test_instructions_that_a_modelfile_cannot_hold_are_refused(make_golden):
    golden = make_golden()
    golden.edit_manifest(prompt_style={"instructions": 'Say """so""".'})
    with pytest.raises(ExportError, match="cannot hold these instructions"):
        modelfile(Run.open(golden.run), "model.gguf")
