"""Layer a run's configuration: defaults → preset → file → flags. Unknown keys are errors."""

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from reasoning_train.config.changes import flat
from reasoning_train.config.schema import RunConfig
from reasoning_train.errors import UserError

PRESETS = files("reasoning_train") / "presets"
OWN_DATA = ("build", "sources", "evaluations")
LISTS = ("sources", "evaluations")
"""Keys of `data` whose values are sources."""
REMOVED = {
    "data.source": 'write data.sources = ["arithmetic"] or ["gsm8k:train.jsonl"]',
    "data.train": "write --data.sources gsm8k:TRAIN",
    "data.test": "write --data.evaluations test=gsm8k:TEST",
    "data.problem_steps": "write --data.sources arithmetic:steps=N",
}
"""Settings of before, and what to write instead."""
PRESET_KEY = "preset"
"""In a file: the preset that the file is laid over."""
ENTRY = re.compile(
    r"(?P<head>^ +--(?P<key>[\w.-]+))(?P<rest>.*\n(?:(?! *--|\S).*\n?)*)", re.MULTILINE
)
DEFAULT = re.compile(r"\(default:[^()]*(?:\([^()]*\))?[^()]*\)")


class _Flags(RunConfig, BaseSettings):
    """Settings of a run; each is `--section.key VALUE`."""

    model_config = SettingsConfigDict(
        cli_kebab_case=True,
        cli_exit_on_error=False,
        cli_avoid_json=True,
        cli_prog_name="reasoning-train run",
        cli_use_class_docs_for_groups=True,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags over what the preset and the file say; the environment has no say."""
        return (init_settings,)


def preset_names() -> list[str]:
    """The presets inside the package."""
    return sorted(entry.name.removesuffix(".toml") for entry in PRESETS.iterdir())


def load_config(
    *, preset: str = "", file: Path | None = None, flags: Sequence[str] = ()
) -> RunConfig:
    """The resolved configuration.

    Args:
        preset: Name of a preset; empty for the one that the file names, or plain defaults.
        file: A TOML file with the same sections; `preset = "NAME"` at its top names what it is
            laid over.
        flags: `--section.key VALUE` pairs.

    Raises:
        UserError: An unknown preset, key or flag, or a value that does not fit.
    """
    above = _read_file(file) if file is not None else {}
    named = above.pop(PRESET_KEY, "")
    preset = preset or named
    values = _merge(_without_data(_read_preset(preset), above) if preset else {}, above)
    flags = listed([_checked_flag(flag) for flag in flags])
    values = _without_data(values, {"data": dict.fromkeys(_data_named(flags))})
    try:
        settings = _Flags(_cli_parse_args=flags, **values)  # type: ignore[call-arg]
        return RunConfig.model_validate(settings.model_dump())
    except ValidationError as error:
        raise UserError(_one_line(error)) from error
    except SettingsError as error:
        raise UserError(str(error).removeprefix("error parsing CLI: ")) from error


def flags_help(preset: str) -> str:
    """What `--help` says of the settings: the schema's docstrings, with a preset's values."""
    from pydantic_settings import CliSettingsSource

    source: CliSettingsSource[Any] = CliSettingsSource(_Flags, cli_parse_args=False)
    parser = source.root_parser
    text: str = parser.format_help()
    values = dict(flat(load_config(preset=preset).model_dump()))

    def with_value(entry: re.Match[str]) -> str:
        value = values.get(entry["key"].replace("-", "_"))
        shown = f"({preset}: {value!r})" if value != "" else f"({preset}: none)"
        return entry["head"] + DEFAULT.sub(lambda _: shown, entry["rest"])

    return ENTRY.sub(with_value, text[text.index("  --seed") :])


def dump_toml(config: RunConfig) -> str:
    """The configuration as TOML that `load_config` reads back to the same."""
    return tomli_w.dumps(config.model_dump(exclude_none=True), multiline_strings=True)


def _without_data(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """The values below without their data, if those above bring data of their own.

    Evaluation sets belong to the data that they were written beside.
    """
    if not {"build", "sources"} & dict(above.get("data", {})).keys():
        return below
    data = {k: v for k, v in below.get("data", {}).items() if k not in OWN_DATA}
    return {**below, "data": data}


def _data_named(flags: Sequence[str]) -> set[str]:
    names = {flag.partition("=")[0].removeprefix("--data.") for flag in flags if flag[:2] == "--"}
    return names & set(OWN_DATA)


def listed(flags: Sequence[str]) -> list[str]:
    """Write the values of flags that name sources as JSON lists: a source has commas of its own.

    Such a flag takes every value up to the next flag.
    """
    found: list[str] = []
    name = ""
    for flag in flags:
        if flag.startswith("--"):
            name, equals, value = flag.partition("=")
            name = name if name.removeprefix("--data.") in LISTS else ""
            if not name:
                found.append(flag)
            elif equals:
                found += [name, _as_list(value)]
        elif name:
            found += [name, _as_list(flag)]
        else:
            found.append(flag)
    return found


def _as_list(value: str) -> str:
    return value if value.startswith("[") else json.dumps([value])


def _read_preset(name: str) -> dict[str, Any]:
    if name not in preset_names():
        raise UserError(f"unknown preset {name!r}; presets: {', '.join(preset_names())}")
    return tomllib.loads((PRESETS / f"{name}.toml").read_text(encoding="utf-8"))


def _read_file(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"cannot read the configuration {str(path)!r}: {error}") from error
    for key in _keys(values):
        if key in REMOVED:
            raise UserError(f"{str(path)!r}: {key} is gone: {REMOVED[key]}")
        if key not in (*KEYS, PRESET_KEY):
            raise UserError(f"{str(path)!r}: unknown key {key!r}{_nearest(key, KEYS)}")
    return values


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if both else value
    return merged


def _keys(values: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, dict) and f"{prefix}{key}" not in KEYS:
            yield from _keys(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _schema_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _schema_keys(field.annotation, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


KEYS = tuple(_schema_keys(RunConfig))


def _nearest(key: str, keys: Sequence[str]) -> str:
    """Suggest a key: of the same section if it has one like it, `lr` for `learning-rate` too."""
    section, _, name = key.rpartition(".")
    siblings = [k for k in keys if k.rpartition(".")[0] == section] if section else []
    short = [k for k in siblings if _initials(k.rpartition(".")[2]) == name]
    names = {k.rpartition(".")[2]: k for k in siblings}
    alike = [names[n] for n in get_close_matches(name, names, n=1, cutoff=0.6)]
    close = short or alike or get_close_matches(key, keys, n=1, cutoff=0.75)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; {section} has {', '.join(names)}" if names else ""


def _initials(name: str) -> str:
    return "".join(word[:1] for word in re.split("[-_]", name))


def _checked_flag(flag: str) -> str:
    if not flag.startswith("--"):
        return flag
    name, equals, value = flag.removeprefix("--").partition("=")
    if name.replace("-", "_") in REMOVED:
        raise UserError(f"--{name} is gone: {REMOVED[name.replace('-', '_')]}")
    if name.replace("-", "_") not in KEYS:
        flags = [key.replace("_", "-") for key in KEYS]
        raise UserError(f"unknown flag --{name}{_nearest(name, flags).replace(chr(39), '')}")
    return f"--{name.replace('_', '-')}{equals}{value}"


def _one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if not place or message.startswith(place):
        return message
    return f"{place} = {first['input']!r}: {message[0].lower()}{message[1:]}"
