"""Writes the files beside the weights: configs, tokenizer files and chat template."""

import json
import shutil
from pathlib import Path
from typing import Any

from reasoning_export.errors import ExportError
from reasoning_export.files import read_json, write_json
from reasoning_export.gemma.chat_template import CHAT_TEMPLATE, END_OF_TURN, MARKERS
from reasoning_export.gemma.tokenizer import load_sentencepiece, to_tokenizer_json
from reasoning_export.inputs.base_model import Base
from reasoning_export.weights import TensorSpec

COPIED = ("tokenizer.model", "tokenizer.json", "special_tokens_map.json", "added_tokens.json")
CONFIG = "tokenizer_config.json"
TEMPLATE = "chat_template.jinja"
DTYPE_NAMES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}


def write_companions(folder: Path, base_folder: Path, base: Base) -> None:
    """Write everything that `transformers` needs besides the weights.

    Args:
        folder: The export's folder.
        base_folder: The base model's folder.
        base: The opened base model.

    Raises:
        ExportError: The base has no tokenizer, or one that cannot be carried over.
    """
    write_json(folder / "config.json", _config(base))
    write_tokenizer(folder, base_folder)
    check_rows(folder, base.shape.vocabulary)
    write_json(folder / "generation_config.json", _generation(folder, base_folder))


def write_tokenizer(folder: Path, base_folder: Path) -> None:
    """Copy the base's tokenizer; create `tokenizer.json` and a chat template if they are missing.

    Raises:
        ExportError: There is neither `tokenizer.model` nor `tokenizer.json`.
    """
    for name in COPIED:
        if (base_folder / name).is_file():
            shutil.copyfile(base_folder / name, folder / name)
    if not (folder / "tokenizer.json").is_file():
        if not (folder / "tokenizer.model").is_file():
            raise ExportError(f"{str(base_folder)!r} has no tokenizer.model and no tokenizer.json")
        tokenizer = to_tokenizer_json(load_sentencepiece(folder / "tokenizer.model"))
        tokenizer.save(str(folder / "tokenizer.json"))
    _make_special(folder / "tokenizer.json")
    config = _tokenizer_config(folder, base_folder)
    if isinstance(config.get("chat_template", ""), str):
        # A file of its own even where the configuration holds it: engines are given its path.
        (folder / TEMPLATE).write_text(chat_template(base_folder), encoding="utf-8")
    write_json(folder / CONFIG, config)


def _make_special(path: Path) -> None:
    """Mark the turn markers as special tokens, so that decoding can skip them.

    Whoever made the base's `tokenizer.json` may have taken them for plain added ones.
    """
    content = read_json(path, "the tokenizer")
    if _mark(content.get("added_tokens") or []):
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")


def _mark(tokens: list[dict[str, Any]]) -> bool:
    """Mark the turn markers among added tokens as special; return whether any changed."""
    plain = [t for t in tokens if t.get("content") in MARKERS and not t.get("special")]
    for token in plain:
        token |= {"special": True, "normalized": False}
    return bool(plain)


def chat_template(folder: Path) -> str:
    """The chat template in a base model's folder, or Gemma's if there is none."""
    if (folder / TEMPLATE).is_file():
        return (folder / TEMPLATE).read_text(encoding="utf-8")
    path = folder / CONFIG
    config = read_json(path, "the tokenizer's configuration") if path.is_file() else {}
    template = config.get("chat_template")
    return template if isinstance(template, str) else CHAT_TEMPLATE


def token_ids(folder: Path, *, added: bool = True) -> dict[str, int]:
    """The token ids of the tokenizer in a folder, by piece.

    Args:
        folder: Holds `tokenizer.json`.
        added: With the pieces that were added to the vocabulary.

    Raises:
        ExportError: Its `tokenizer.json` is not a valid tokenizer.
    """
    from tokenizers import Tokenizer  # type: ignore[import-untyped]

    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        return dict(tokenizer.get_vocab(with_added_tokens=added))
    except Exception as error:  # the library raises a bare Exception, for a missing file too
        raise ExportError(
            f"{str(folder / 'tokenizer.json')!r} is not a valid tokenizer: {error}"
        ) from None


def check_rows(folder: Path, rows: int) -> None:
    """Check that the embedding has a row for every piece of the tokenizer.

    Raises:
        ExportError: It is the tokenizer of a larger model.
    """
    last = max(token_ids(folder, added=False).values())
    if last >= rows:
        raise ExportError(f"the tokenizer has id {last}, the model only {rows} rows")


def _config(base: Base) -> dict[str, Any]:
    config = dict(base.config)
    if "dtype" not in config and "torch_dtype" not in config:
        config["dtype"] = _dtype(base.specs)
    return config


def _dtype(specs: list[TensorSpec]) -> str:
    sizes: dict[str, int] = {}
    for spec in specs:
        sizes[spec.dtype] = sizes.get(spec.dtype, 0) + spec.bytes
    return DTYPE_NAMES[max(sizes, key=lambda name: sizes[name])]


def _tokenizer_config(folder: Path, base_folder: Path) -> dict[str, Any]:
    if (base_folder / CONFIG).is_file():
        config = read_json(base_folder / CONFIG, "the tokenizer's configuration")
        _mark(list((config.get("added_tokens_decoder") or {}).values()))
        return config
    ids = token_ids(folder)
    names = {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>"}
    if missing := [piece for piece in names.values() if piece not in ids]:
        raise ExportError(f"the tokenizer lacks {missing[0]!r}; add a {CONFIG} to the base model")
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        **names,
        "clean_up_tokenization_spaces": False,
        "model_max_length": 1_000_000_000,
    }


def _generation(folder: Path, base_folder: Path) -> dict[str, Any]:
    """The base's generation config, which also stops at the end of a turn or of the text."""
    path = base_folder / "generation_config.json"
    config = read_json(path, "the generation configuration") if path.is_file() else {}
    ids = token_ids(folder)
    stops = config.get("eos_token_id", ids.get("<eos>"))
    stops = stops if isinstance(stops, list) else [stops]
    wanted = [*stops, ids.get("<eos>"), ids.get(END_OF_TURN)]
    config["eos_token_id"] = list(dict.fromkeys(stop for stop in wanted if stop is not None))
    for key, piece in (("bos_token_id", "<bos>"), ("pad_token_id", "<pad>")):
        if key not in config and piece in ids:
            config[key] = ids[piece]
    return config
