"""The commands on a card that serve an export with existing engines, and code that asks them."""

from reasoning_export.card.provenance import Kind
from reasoning_export.card.usage import MAX_NEW_TOKENS, QUESTION
from reasoning_export.inputs.run_directory import Run

MODELFILE = "Modelfile"
"""In a GGUF export: what Ollama needs beside the weights."""

SERVERS = {
    Kind.SAFETENSORS: """\
vllm serve PATH
transformers serve PATH --attn-implementation eager   # pip install "transformers[serving]"
""",
    Kind.ADAPTER: """\
vllm serve BASE --enable-lora --max-lora-rank RANK --lora-modules reasoning=PATH \\
    --chat-template PATH/chat_template.jinja
""",
    Kind.GGUF: """\
llama-server -m PATH/FILE.gguf --jinja
ollama create reasoning -f PATH/Modelfile && ollama run reasoning "QUESTION"
""",
}
"""PATH is the export's folder, BASE the base model's id or folder."""
PORTS = {Kind.SAFETENSORS: 8000, Kind.ADAPTER: 8000, Kind.GGUF: 8080}
MODELS = {Kind.SAFETENSORS: "PATH", Kind.ADAPTER: "reasoning", Kind.GGUF: "reasoning"}
"""What a request names: the served path, the adapter's name, or anything where one file is served.
"""
RANKS = (8, 16, 32, 64, 128, 256)
"""What vLLM takes as `--max-lora-rank`."""

ASKED = """\
from openai import OpenAI
from reasoning_rewards import parse  # from the trainer's repository; pure Python

instructions = TOLD
question = "QUESTION"
client = OpenAI(base_url="http://localhost:PORT/v1", api_key="none")
completion = client.chat.completions.create(
    model="MODEL",
    messages=[{"role": "user", "content": instructions + question}],
    temperature=0,
    max_tokens=LIMIT,
)
trace = parse(completion.choices[0].message.content)
print(trace.reasoning)
print(trace.answer)  # None where the completion keeps no answer tags
"""
ELSEWHERE = {
    Kind.SAFETENSORS: "For llama.cpp and Ollama, export GGUF: `reasoning-export gguf RUN OUT`.\n",
    Kind.ADAPTER: "Other engines take the merged weights: `reasoning-export safetensors RUN OUT`, "
    "or `reasoning-export gguf RUN OUT`.\n",
    Kind.GGUF: "The `Modelfile` holds the prompt, the instructions and the stop token of training, "
    "and greedy decoding, which the evaluation used; through Ollama, send the question alone.\n",
}


def serving(run: Run, kind: Kind) -> str:
    """One command for each engine that serves this kind of export, and code that asks the server.

    Args:
        run: The exported run.
        kind: The format of the export.
    """
    if kind is Kind.ORBAX:
        return (
            "No serving engine reads Orbax. `reasoning-export safetensors RUN OUT` makes what vLLM "
            "and `transformers serve` load, `reasoning-export gguf RUN OUT` what llama.cpp and "
            "Ollama load.\n"
        )
    commands = SERVERS[kind].replace("QUESTION", QUESTION)
    if run.lora:
        commands = commands.replace("RANK", str(_allowed_rank(run.lora.rank)))
    if run.base_id:
        commands = commands.replace("BASE", run.base_id)
    words = {"PORT": str(PORTS[kind]), "MODEL": MODELS[kind], "LIMIT": str(MAX_NEW_TOKENS)}
    words |= {"QUESTION": QUESTION, "TOLD": repr(run.instructions)}
    asked = ASKED
    for word, value in words.items():
        asked = asked.replace(word, value)
    return (
        f"One of these:\n\n```bash\n{commands}```\n\n"
        "All of them speak OpenAI's protocol. Ask, and take reasoning and answer apart:\n\n"
        f"```python\n{asked}```\n\n{ELSEWHERE[kind]}"
    )


def _allowed_rank(rank: int) -> int:
    """The smallest rank that vLLM takes and that holds the adapter's; the adapter's beyond that."""
    return next((allowed for allowed in RANKS if allowed >= rank), rank)
