"""Gemma's turn markers and chat template.

A marker that stands in what somebody says would open or close a turn, for llama.cpp and for
`tokenizers` alike, which look for control tokens in the whole rendered text. So the template writes
the marker's words without its underscores there, as `reasoning_data.rendering` does in training.
"""

START_OF_TURN, END_OF_TURN = "<start_of_turn>", "<end_of_turn>"
MARKERS = (START_OF_TURN, END_OF_TURN)

CHAT_TEMPLATE = r"""{{- bos_token -}}
{%- set said = namespace(system="", text="") -%}
{%- for message in messages -%}
  {%- set said.text = "" -%}
  {%- if message["content"] is string -%}
    {%- set said.text = message["content"] -%}
  {%- else -%}
    {%- for part in message["content"] or [] -%}
      {%- if part["type"] != "text" -%}
        {{- raise_exception("this model reads text alone, not parts of type " + part["type"]) -}}
      {%- endif -%}
      {%- set said.text = said.text + part["text"] -%}
    {%- endfor -%}
  {%- endif -%}
  {%- set said.text = said.text.split("<start_of_turn>") | join("<start of turn>") -%}
  {%- set said.text = said.text.split("<end_of_turn>") | join("<end of turn>") -%}
  {%- if message["role"] == "system" -%}
    {%- set said.system = said.text + "\n\n" -%}
  {%- else -%}
    {{- "<start_of_turn>" + ("model" if message["role"] == "assistant" else message["role"]) -}}
    {{- "\n" + said.system + said.text.strip() + "<end_of_turn>\n" -}}
    {%- set said.system = "" -%}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- "<start_of_turn>model\n" -}}{%- endif -%}
"""
"""Gemma's turns, which know no system: its text goes in front of the next turn. Content is a text
or a list of text parts. Uses only what `jinja2`, llama.cpp and Hugging Face's JavaScript have."""


def stop_texts(trained: str) -> list[str]:
    """Return the texts that end a completion for an engine that renders the prompt itself.

    Args:
        trained: Stop token of training, or an empty text if none is recorded.
    """
    return list(dict.fromkeys((END_OF_TURN, START_OF_TURN, *([trained] if trained else []))))
