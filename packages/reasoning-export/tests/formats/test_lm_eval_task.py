import json
import re

import jinja2
import pytest

from reasoning_export import Run, export_adapter, export_safetensors, verify
from reasoning_export.formats.lm_eval_task import write_task


def read(path):
    """The task file: a JSON value behind each key, which is YAML too."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {key: json.loads(value) for key, _, value in (x.partition(": ") for x in lines)}


def task(golden, folder, **config):
    write_task(folder, Run.open(golden.run), golden.config | config)
    return read(folder / "lm_eval_task.yaml")


def prompt(found, question):
    """As the harness renders it."""
    template = jinja2.Environment(keep_trailing_newline=True).from_string(found["doc_to_text"])
    return template.render(question=question)


@pytest.mark.parametrize("told", ["", "Think.\n\n", 'Say "{{ x }}" {% and %} 東京 🙂\\\n'])
def test_the_prompt_is_that_of_training(make_golden, tmp_path, told):
    golden = make_golden()
    golden.edit_manifest(prompt_style={"instructions": told})
    text = prompt(task(golden, tmp_path), " <end_of_turn>How many? ")
    assert text == (
        f"<start_of_turn>user\n{told}<end of turn>How many?<end_of_turn>\n<start_of_turn>model\n"
    )


@pytest.mark.parametrize(
    ("completion", "strict", "flexible"),
    [
        ("<reasoning>12+7=19</reasoning>\n<answer>\n1,219\n</answer>", "1,219", "1,219"),
        ("<answer>12</answer> or 13", "12", "13"),
        ("12+7=19", None, "19"),
    ],
)
def test_the_filters_take_the_answer_from_its_tags_or_from_anywhere(
    make_golden, tmp_path, completion, strict, flexible
):
    filters = task(make_golden(), tmp_path)["filter_list"]
    found = {}
    for entry in filters:
        regex = entry["filter"][0]
        matches = [
            next(filter(None, match)) if isinstance(match, tuple) else match
            for match in re.findall(regex["regex_pattern"], completion)
        ]
        found[entry["name"]] = matches[regex["group_select"]].strip() if matches else None
    assert found == {"strict-match": strict, "flexible-extract": flexible}


def test_a_completion_ends_as_in_training_and_fits_the_window(make_golden, tmp_path):
    golden = make_golden()
    golden.edit_manifest(prompt_style={"stop": "<eos>"})
    generation = task(golden, tmp_path, max_position_embeddings=512)["generation_kwargs"]
    assert generation["until"] == ["<end_of_turn>", "<start_of_turn>", "<eos>"]
    assert (generation["max_gen_toks"], generation["do_sample"]) == (256, False)


@pytest.mark.parametrize("export", [export_safetensors, export_adapter])
def test_an_export_carries_the_task_and_its_card_the_command(make_golden, tmp_path, export):
    out = export(make_golden().run, tmp_path / "out")
    assert read(out / "lm_eval_task.yaml")["task"] == "reasoning_gsm8k"
    assert "--tasks PATH/lm_eval_task.yaml" in (out / "README.md").read_text()
    verify(out)
