"""The code in a card runs as it stands, and asks in the words that training used."""

import pytest
import sentencepiece as spm

from reasoning_export import export_adapter, export_safetensors
from reasoning_export.card.usage import QUESTION

EXPORTS = {"safetensors": export_safetensors, "adapter": export_adapter}


@pytest.mark.parametrize("kind", EXPORTS)
@pytest.mark.parametrize("tunix_run", ["gemma3", "gemma2"], indirect=True)
def test_the_code_runs_and_its_prompt_is_the_trainers(tunix_run, tmp_path, kind, capsys):
    out = EXPORTS[kind](tunix_run.run, tmp_path / "out")
    code = (out / "README.md").read_text().split("```python\n")[1].split("```")[0]
    for name, value in (("PATH", out), ("BASE", tunix_run.base), ("768", 4)):
        code = code.replace(name, str(value))
    names = {}
    exec(code, names)
    model = spm.SentencePieceProcessor(model_file=str(tunix_run.base / "tokenizer.model"))
    prompt = f"<start_of_turn>user\n{QUESTION}<end_of_turn>\n<start_of_turn>model\n"
    assert names["inputs"]["input_ids"][0].tolist() == [2, *model.encode(prompt)]
    assert names["output"].shape[1] > len(model.encode(prompt)) + 1
    assert capsys.readouterr().out
