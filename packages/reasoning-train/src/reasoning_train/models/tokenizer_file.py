"""SentencePiece model of a model folder: its own, or one rebuilt from its `tokenizer.json`."""

import json
from pathlib import Path

from reasoning_export import ExportError
from reasoning_export.gemma.families import text_config
from reasoning_export.gemma.sentencepiece_model import MODEL, rebuild, rebuilt_name
from reasoning_train.errors import UserError
from reasoning_train.models.cache import cache_root


def tokenizer_file(folder: Path) -> Path:
    """Return a folder's `tokenizer.model`, or one rebuilt from its `tokenizer.json` in the cache.

    `transformers` 5 saves only `tokenizer.json`.

    Raises:
        UserError: The folder has neither file, or its tokenizer is not of Gemma's kind.
    """
    own = folder / MODEL
    if own.is_file():
        return own
    try:
        rows = int(text_config(json.loads((folder / "config.json").read_bytes()))["vocab_size"])
        path = cache_root() / "tokenizers" / rebuilt_name(folder, rows)
        if not path.is_file():
            made = rebuild(folder, rows)
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_suffix(".part")
            beside.write_bytes(made)
            beside.replace(path)
    except ExportError as error:
        raise UserError(str(error)) from error
    return path
