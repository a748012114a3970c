import json

from reasoning_export import export_adapter


def test_an_adapter_brings_tokenizer_and_chat_template(make_golden, tmp_path):
    """Loading it takes nothing of ours, and the base's folder may have no chat template."""
    from tokenizers import Tokenizer

    out = export_adapter(make_golden().run, tmp_path / "out")
    tokenizer = Tokenizer.from_file(str(out / "tokenizer.json"))
    assert tokenizer.token_to_id("<end_of_turn>") == 5
    assert "<start_of_turn>" in (out / "chat_template.jinja").read_text()
    assert json.loads((out / "tokenizer_config.json").read_text())["bos_token"] == "<bos>"
