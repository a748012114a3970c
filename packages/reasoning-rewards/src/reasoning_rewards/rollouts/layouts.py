"""Where a row keeps its prompt, completion and gold: our own names, and those of other programs.

- verl writes `input`, `output`, `gts` to `rollout_data_dir`, and `responses` (a list) beside
  `reward_model.ground_truth` in `main_generation`;
- lm-eval's `samples_*.jsonl` keep the prompt in `arguments`, the completions in `resps`, the gold
  in `target`, and repeat every row for each of a task's filters;
- TRL's `completions/*.parquet` and verifiers' `results.jsonl` have `prompt` and `completion`. TRL
  logs no gold unless a reward function calls `log_extra("gold", …)`;
- chat data (TRL's and OpenAI's fine-tuning files) keeps a whole conversation in `messages`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Fields:
    """Dotted paths of the three fields; None where it is left to `find_layout`."""

    prompt: str | None = None
    completion: str | None = None
    gold: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A program's names. Rows that differ in `repeated_by` alone are repetitions.

    One name for prompt and completion is that of a whole conversation.
    """

    prompt: str
    completion: str
    gold: str
    repeated_by: str = ""
    program: str = ""


OWN: Final = Layout("prompt", "completion", "gold")

_GOLDS: Final = ("answer", "ground_truth", "solution")
LAYOUTS: Final = (
    OWN,
    Layout("input", "output", "gts", program="verl"),
    Layout("prompt", "responses", "reward_model.ground_truth", program="verl"),
    Layout("arguments.gen_args_0.arg_0", "resps", "target", "filter", "lm-eval"),
    *(Layout("prompt", "completion", gold) for gold in _GOLDS),
    *(Layout("messages", "messages", gold) for gold in ("gold", *_GOLDS, "target")),
)


def find_layout(row: Mapping[str, Any], fields: Fields) -> Layout:
    """Return the layout whose completion and gold a row has; our own if there is none.

    Fields that are given take the place of a layout's.
    """
    given = {
        name: path
        for name in ("prompt", "completion", "gold")
        if (path := getattr(fields, name)) is not None
    }
    for layout in LAYOUTS:
        layout = replace(layout, **given)
        if has(row, layout.completion) and has(row, layout.gold):
            return layout
    return replace(OWN, **given)


def rows_within(row: Mapping[str, Any], fields: Fields) -> list[dict[str, Any]]:
    """Return the rows of a file that is one object, `{"data": […]}`; none if it is a row itself."""
    data = row.get("data")
    if not isinstance(data, list) or not all(isinstance(member, dict) for member in data):
        return []
    paths = {fields.completion} if fields.completion else {one.completion for one in LAYOUTS}
    return [] if any(has(row, path) for path in paths) else data


def has(row: Mapping[str, Any], path: str) -> bool:
    """Whether a row has the field at a dotted path."""
    return _walk(row, path) is not _MISSING


def lookup(row: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path: names of fields, and numbers of list members.

    Raises:
        KeyError: There is none.
    """
    value = _walk(row, path)
    if value is _MISSING:
        raise KeyError(path)
    return value


def _walk(row: Any, path: str) -> Any:
    if isinstance(row, Mapping) and path in row:  # a name may have a dot in it
        return row[path]
    value = row
    for name in path.split("."):
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return _MISSING
    return value
