"""A build as a TOML file: the sources, and any option of the command line."""

import dataclasses
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reasoning_data.checks.cleaning import Cleaning
from reasoning_data.errors import DataError, Reason

BUILD_KEYS: Mapping[str, type] = {
    "output": str,
    "style": str,
    "instructions": str,
    "confidence": str,
    "fractions": dict,
    "seed": int,
    "tokenizer": str,
    "format": str,
    "messages": bool,
    "workers": int,
    "overwrite": bool,
    "strict": bool,
    "max_row_bytes": int,
    "source": list,
    "against": list,
    "cleaning": dict,
}


def read_config(path: str | Path) -> dict[str, Any]:
    """The keys and values of a configuration file, checked for their names and types.

    Raises:
        DataError: The file is missing, is no TOML, or has an unknown key or a wrong type.
    """
    try:
        content = tomllib.loads(Path(path).read_text("utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"no such configuration file: {str(path)!r}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{str(path)!r} is no TOML: {error}") from error
    for key, value in content.items():
        if key not in BUILD_KEYS:
            raise DataError(f"{path}: no option {key!r}; options are {', '.join(BUILD_KEYS)}")
        kind = BUILD_KEYS[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise DataError(f"{path}: {key} has the wrong type: {value!r}")
    return content


def cleaning_from(values: Mapping[str, Any]) -> Cleaning:
    """Cleaning options from keys and values; `report_only` is a list of reasons.

    Raises:
        DataError: A key, a type or a reason is wrong.
    """
    fields = {f.name: f for f in dataclasses.fields(Cleaning)}
    checked = dict(values)
    for key, value in values.items():
        if key not in fields:
            raise DataError(f"cleaning has no option {key!r}; options are {', '.join(fields)}")
        if key == "report_only":
            checked[key] = frozenset(parse_reason(name) for name in value)
            continue
        kind: Any = fields[key].type
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            checked[key] = float(value)
        elif not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise DataError(f"cleaning: {key} has the wrong type: {value!r}")
    return Cleaning(**checked)


def parse_reason(name: str) -> Reason:
    """The reason of that name.

    Raises:
        DataError: There is none.
    """
    if name not in set(Reason):
        raise DataError(f"no reason {name!r}; reasons are {', '.join(Reason)}")
    return Reason(name)
