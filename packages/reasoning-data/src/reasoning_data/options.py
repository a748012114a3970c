"""Base class of option models, with one-line error messages."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from reasoning_data.errors import DataError


class Options(BaseModel):
    """Frozen group of options that refuses unknown names."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        validate_default=True,
        allow_inf_nan=False,
    )
    noun: ClassVar[str] = "a build"
    """What error messages call the group."""

    @model_validator(mode="before")
    @classmethod
    def _known_names(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        for key in values:
            if key not in cls.model_fields:
                close = get_close_matches(str(key), cls.model_fields, 1)
                hint = f"did you mean {close[0]!r}? " if close else ""
                options = ", ".join(cls.model_fields)
                raise ValueError(f"{cls.noun} has no option {key!r}; {hint}options are {options}")
        return values

    @classmethod
    def parse(cls, values: Any) -> Self:
        """Validate values given by a user.

        Raises:
            DataError: A name or a value is wrong; the message is one line.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise DataError(_first_line(error)) from error


def _first_line(error: ValidationError) -> str:
    first = error.errors()[0]
    message = first["msg"].removeprefix("Value error, ")
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "value_error" or not place:
        return message
    return f"{place} = {first['input']!r}: {message[0].lower()}{message[1:]}"
