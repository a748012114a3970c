import json

from reasoning_export import export_adapter


def test_an_adapter_brings_tokenizer_and_chat_template(make_golden, tmp_path):
    """Loading it takes nothing of ours, and the base's folder may have no chat template."""
    from tokenizers import Tokenizer

    out = export_adapter(make_golden().run, tmp_path / "out")
    tokenizer = Tokenizer.from_file(str(out / "tokenizer.json"))
    assert tokenizer.token_to_id("<end_of_turn>") == 5
    assert "<start_of_turn>" in (out / "chat_template.jinja").read_text()
    assert tokenizer.decode([12, 5], skip_special_tokens=True) == tokenizer.decode([12])
    assert json.loads((out / "tokenizer_config.json").read_text())["bos_token"] == "<bos>"


def test_markers_that_the_base_took_for_plain_tokens_become_special(make_golden, tmp_path):
    """As exports of ours before this one, which serve as bases too."""
    golden = make_golden()
    export_adapter(golden.run, tmp_path / "first")
    content = json.loads((tmp_path / "first" / "tokenizer.json").read_text())
    marker = next(t for t in content["added_tokens"] if t["content"] == "<end_of_turn>")
    marker |= {"special": False, "normalized": True}
    (golden.base / "tokenizer.json").write_text(json.dumps(content))
    decoder = {str(marker["id"]): {k: v for k, v in marker.items() if k != "id"}}
    config = {"bos_token": "<bos>", "added_tokens_decoder": decoder}
    (golden.base / "tokenizer_config.json").write_text(json.dumps(config))
    out = export_adapter(golden.run, tmp_path / "out")
    for tokens in (
        json.loads((out / "tokenizer.json").read_text())["added_tokens"],
        json.loads((out / "tokenizer_config.json").read_text())["added_tokens_decoder"].values(),
    ):
        [found] = [token for token in tokens if token["content"] == "<end_of_turn>"]
        assert (found["special"], found["normalized"]) == (True, False)
