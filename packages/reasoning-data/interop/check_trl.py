"""Show that TRL trains on the files of a build as they are.

    python interop/check_trl.py

Needs torch and trl, so it runs in an environment of its own. It builds a small data set, loads
`sft.parquet` and `messages.parquet` with `datasets`, lets `trl.SFTTrainer` prepare them with a
Gemma-like tokenizer made here, checks where the loss falls, and takes two steps with a model of
random weights.
"""

import tempfile
from pathlib import Path

from datasets import load_dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import SFTConfig, SFTTrainer

from reasoning_data import generate_arithmetic, prepare_training_data

MARKERS = ["<start_of_turn>", "<end_of_turn>"]
TEMPLATE = (
    "{% for m in messages %}{{ '<start_of_turn>' + "
    "('model' if m['role'] == 'assistant' else 'user') "
    "+ '\n' + m['content'] + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)


def gemma_like_tokenizer() -> PreTrainedTokenizerFast:
    """Bytes as tokens, Gemma's turn markers, and one `<bos>` added in front, as Gemma's does."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = ["<pad>", "<eos>", "<bos>", "<unk>", *MARKERS, *alphabet]
    tokenizer = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A", special_tokens=[("<bos>", 2)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<bos>",
        eos_token="<end_of_turn>",
        pad_token="<pad>",
        unk_token="<unk>",
        additional_special_tokens=MARKERS,
    )
    fast.chat_template = TEMPLATE
    return fast


def train(path: Path, output: Path) -> None:
    """Two steps on one file; checks `<bos>`, the mask and the stop token of the first row."""
    tokenizer = gemma_like_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        pad_token_id=tokenizer.pad_token_id,
    )
    rows = load_dataset("parquet", data_files=str(path), split="train")
    trainer = SFTTrainer(
        model=LlamaForCausalLM(config),
        args=SFTConfig(
            output_dir=str(output), max_steps=2, per_device_train_batch_size=2, report_to=[],
            use_cpu=True, logging_strategy="no", save_strategy="no", max_length=1024,
        ),
        train_dataset=rows,
        processing_class=tokenizer,
    )  # fmt: skip
    batch = trainer.data_collator([trainer.train_dataset[0]])
    ids, labels = batch["input_ids"][0].tolist(), batch["labels"][0].tolist()
    assert ids.count(tokenizer.bos_token_id) <= 1, "more than one <bos>"
    if path.stem == "sft":
        learned = tokenizer.decode([i for i in labels if i != -100])
        assert learned.startswith("<reasoning>"), learned
        assert learned.count("<end_of_turn>") == 1, learned
        assert ids[0] == tokenizer.bos_token_id, "no <bos>"
    trainer.train()
    print(f"{path.name}: {len(rows)} rows, {len(ids)} tokens in the first, two steps taken")


def main() -> None:
    """Build and train on both files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare_training_data({"sft": generate_arithmetic(20, seed=0)}, folder / "data")
        for file in ("sft.parquet", "messages.parquet"):
            train(folder / "data" / file, folder / "out")


if __name__ == "__main__":
    main()
