"""A tiny GGUF file, written with the gguf package, through the same code as the real Gemma."""

import subprocess
import sys
from pathlib import Path

import gguf
import numpy as np
import pytest
from safetensors.numpy import load_file

from reasoning_train.errors import UserError
from reasoning_train.models.gguf import gguf_to_folder
from reasoning_train.models.registry import locate_base
from reasoning_train.models.tokenizer import Tokenizer

WIDTH, HIDDEN, HEADS, HEAD = 32, 64, 2, 16
PIECES = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>", "a", "b", "ab"]
PIECES += ["  ", "▁", "▁a"]
NORMAL, CONTROL, USER_DEFINED, BYTE = 1, 3, 4, 6
BYTES = [f"<0x{i:02X}>" for i in range(256)]
KINDS = [CONTROL, CONTROL, CONTROL, CONTROL, CONTROL, CONTROL, NORMAL, NORMAL, NORMAL]
KINDS += [USER_DEFINED, NORMAL, NORMAL]
PIECES += BYTES
KINDS += [BYTE] * len(BYTES)


def write_gguf(path: Path, architecture: str = "gemma3") -> dict[str, np.ndarray]:
    """Write a model of one layer, and return its random weights by their names in the file."""
    rng = np.random.default_rng(0)
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_block_count(1)
    writer.add_context_length(128)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(1)
    writer.add_key_length(HEAD)
    writer.add_sliding_window(8)
    writer.add_rope_freq_base(1e6)
    writer.add_token_list(PIECES)
    writer.add_token_scores([-float(i) for i in range(len(PIECES))])
    writer.add_token_types(KINDS)
    writer.add_bos_token_id(2)
    writer.add_eos_token_id(1)
    writer.add_pad_token_id(0)
    shapes = {
        "token_embd.weight": (len(PIECES), WIDTH),
        "output_norm.weight": (WIDTH,),
        "blk.0.attn_norm.weight": (WIDTH,),
        "blk.0.attn_q.weight": (HEADS * HEAD, WIDTH),
        "blk.0.attn_k.weight": (HEAD, WIDTH),
        "blk.0.attn_v.weight": (HEAD, WIDTH),
        "blk.0.attn_output.weight": (WIDTH, HEADS * HEAD),
        "blk.0.attn_q_norm.weight": (HEAD,),
        "blk.0.attn_k_norm.weight": (HEAD,),
        "blk.0.post_attention_norm.weight": (WIDTH,),
        "blk.0.ffn_norm.weight": (WIDTH,),
        "blk.0.ffn_gate.weight": (HIDDEN, WIDTH),
        "blk.0.ffn_up.weight": (HIDDEN, WIDTH),
        "blk.0.ffn_down.weight": (WIDTH, HIDDEN),
        "blk.0.post_ffw_norm.weight": (WIDTH,),
    }
    if architecture == "gemma2":
        writer.add_attn_logit_softcapping(50.0)
        writer.add_final_logit_softcapping(30.0)
        del shapes["blk.0.attn_q_norm.weight"], shapes["blk.0.attn_k_norm.weight"]
    tensors = {n: rng.normal(size=s).astype(np.float32) for n, s in shapes.items()}
    for name, values in tensors.items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tensors


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_weights_arrive_under_hugging_face_names(tmp_path: Path) -> None:
    tensors = write_gguf(tmp_path / "m.gguf")
    folder = gguf_to_folder(tmp_path / "m.gguf", "m")
    found = load_file(folder / "model.safetensors")
    assert len(found) == len(tensors)
    query = found["model.layers.0.self_attn.q_proj.weight"]
    np.testing.assert_array_equal(query, tensors["blk.0.attn_q.weight"])
    norm = found["model.layers.0.post_feedforward_layernorm.weight"]
    np.testing.assert_allclose(norm, tensors["blk.0.post_ffw_norm.weight"] - 1, atol=1e-6)


def test_processes_that_convert_at_once_share_the_folder(tmp_path: Path) -> None:
    write_gguf(tmp_path / "m.gguf")
    code = """
import sys
from pathlib import Path
from reasoning_train.models.gguf import gguf_to_folder
input()
print(gguf_to_folder(Path(sys.argv[1]), "m"))
"""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, "-c", code, str(tmp_path / "m.gguf")]
    processes = [subprocess.Popen(command, text=True, **pipes) for _ in range(3)]  # type: ignore[call-overload]
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert len({out for out, _ in said}) == 1
    assert not list((tmp_path / "cache").rglob(".converting-*"))


def test_turn_markers_are_found_in_a_text(tmp_path: Path) -> None:
    write_gguf(tmp_path / "m.gguf")
    tokenizer = Tokenizer(gguf_to_folder(tmp_path / "m.gguf", "m") / "tokenizer.model")
    assert tokenizer.encode_prompt("<start_of_turn>ab<end_of_turn>") == [2, 4, 8, 5]
    assert tokenizer.stop_id == 5
    # Two spaces are one piece, as for llama.cpp, whose files hold them unescaped.
    assert tokenizer.encode_prompt("a  a") == [2, 6, 9, 6]


@pytest.mark.parametrize(
    ("architecture", "name"), [("gemma3", "gemma3-270m"), ("gemma2", "gemma2-2b")]
)
def test_the_folder_is_kept_and_loads(  # type: ignore[no-untyped-def]
    architecture: str, name: str, tmp_path: Path, mesh
) -> None:
    from reasoning_train.engine.model import load_base

    write_gguf(tmp_path / "m.gguf", architecture)
    base = locate_base(name, str(tmp_path / "m.gguf"))
    again = locate_base(name, str(tmp_path / "m.gguf"))
    assert base == again
    model = load_base(base.folder, dtype="float32", remat=False, mesh=mesh)
    assert model.config.num_layers == 1
    assert getattr(model.config, "final_logit_softcap", None) == (
        30.0 if architecture == "gemma2" else None
    )


def test_another_architecture_or_file_is_the_users(tmp_path: Path) -> None:
    write_gguf(tmp_path / "llama.gguf", "llama")
    with pytest.raises(UserError, match="holds a 'llama' model"):
        gguf_to_folder(tmp_path / "llama.gguf", "m")
    (tmp_path / "text.gguf").write_text("not a model at all, but long enough to be read")
    with pytest.raises(UserError, match="is not a GGUF file"):
        gguf_to_folder(tmp_path / "text.gguf", "m")
