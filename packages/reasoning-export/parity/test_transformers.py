"""The merged export in `transformers`: the same logits and the same greedy tokens as in Tunix."""

import json

import numpy as np
import pytest
import sentencepiece as spm
import torch
from transformers import AutoTokenizer

from reasoning_export import export_safetensors

TOLERANCE = 1e-3


@pytest.fixture(scope="module", params=[2_000_000_000, 100_000], ids=["one file", "shards"])
def export(request, tunix_run, tmp_path_factory):
    out = tmp_path_factory.mktemp("export") / "out"
    return export_safetensors(tunix_run.run, out, shard_bytes=request.param)


def test_logits(tunix_run, export, load):
    model = load(export)
    tokens = tunix_run.greedy[: len(tunix_run.logits)]
    with torch.no_grad():
        found = model(torch.tensor([tokens])).logits[0].numpy()
    difference = np.abs(found - tunix_run.logits).max()
    print(f"greatest difference of logits {difference:.2e}, greatest {np.abs(found).max():.1f}")
    assert difference < TOLERANCE


def test_greedy_completion(tunix_run, export, load):
    model = load(export)
    model.generation_config.eos_token_id = None
    count = len(tunix_run.logits)
    output = model.generate(
        torch.tensor([tunix_run.greedy[:count]]),
        max_new_tokens=len(tunix_run.greedy) - count,
        do_sample=False,
    )
    assert output[0].tolist() == tunix_run.greedy


def test_the_probe_was_compared_with_tunix(tunix_run, export):
    probe = json.loads((export / "export.json").read_text())["probe"]
    assert 0 < probe["trainer_difference"] < TOLERANCE
    if not tunix_run.full:
        assert 0 < probe["merge_difference"] < TOLERANCE


def test_tokenizer_and_chat_template(tunix_run, export):
    tokenizer = AutoTokenizer.from_pretrained(export)
    model = spm.SentencePieceProcessor(model_file=str(tunix_run.base / "tokenizer.model"))
    text = "<start_of_turn>user\nAnn has  12 boxes, 東京 \n\n🙂<end_of_turn>\n"
    assert tokenizer(text).input_ids == [2, *model.encode(text)]
    assert tokenizer.decode(model.encode(text)) == text
    messages = [
        {"role": "system", "content": "Think."},
        {"role": "user", "content": " 1 + 1? "},
        {"role": "assistant", "content": "2"},
        {"role": "user", "content": "Sure?"},
    ]
    rendered = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    assert rendered == (
        "<bos><start_of_turn>user\nThink.\n\n1 + 1?<end_of_turn>\n<start_of_turn>model\n2"
        "<end_of_turn>\n<start_of_turn>user\nSure?<end_of_turn>\n<start_of_turn>model\n"
    )
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)
    assert ids["input_ids"].count(2) == 1
