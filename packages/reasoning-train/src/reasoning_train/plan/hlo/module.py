"""HLO text into computations and instructions."""

import re
from dataclasses import dataclass, field

from reasoning_train.plan.hlo.shapes import Array, parse_arrays

_OPEN, _CLOSE = "({[", ")}]"
_COMPUTATION = re.compile(r"^(ENTRY )?%?([\w.\-]+) \(.*\{$")
_INSTRUCTION = re.compile(r"^\s+(ROOT )?%?([\w.\-]+) = ")
_NAME = re.compile(r"%([\w.\-]+)")
_COMMENT = re.compile(r"/\*.*?\*/")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line of a computation.

    Attributes:
        name: Its name.
        opcode: What it does.
        arrays: The arrays it makes.
        operands: Names of what it reads.
        arguments: The text between the parentheses, for constants and parameter numbers.
        attributes: The text after them.
        is_root: Whether it is the computation's result.
    """

    name: str
    opcode: str
    arrays: tuple[Array, ...]
    operands: tuple[str, ...]
    arguments: str
    attributes: str
    is_root: bool

    def called(self, attribute: str) -> str | None:
        """Name of the computation that `attribute=%name` refers to."""
        match = re.search(rf"\b{attribute}=%?([\w.\-]+)", self.attributes)
        return match.group(1) if match else None

    def braces(self, attribute: str) -> str:
        """The text of `attribute={…}`; empty if there is none."""
        match = re.search(rf"\b{attribute}=\{{", self.attributes)
        if not match:
            return ""
        end = _closing(self.attributes, match.end() - 1)
        return self.attributes[match.end() : end]


@dataclass(frozen=True, slots=True)
class Computation:
    """Instructions in the order they were scheduled."""

    name: str
    instructions: dict[str, Instruction] = field(default_factory=dict)

    @property
    def root(self) -> Instruction:
        return next(i for i in self.instructions.values() if i.is_root)

    def parameters(self) -> list[Instruction]:
        """The parameters by their number."""
        found = [i for i in self.instructions.values() if i.opcode == "parameter"]
        return sorted(found, key=lambda i: int(i.arguments))


@dataclass(frozen=True, slots=True)
class Module:
    """A compiled program."""

    entry: str
    computations: dict[str, Computation]


def parse_module(text: str) -> Module:
    """Computations and instructions of `compiled.as_text()`.

    Raises:
        ValueError: If there is no entry computation.
    """
    computations: dict[str, Computation] = {}
    entry = ""
    current: Computation | None = None
    for line in text.splitlines():
        if match := _COMPUTATION.match(line):
            current = Computation(match.group(2))
            computations[current.name] = current
            entry = current.name if match.group(1) else entry
        elif current and _INSTRUCTION.match(line):
            instruction = _parse_instruction(_COMMENT.sub("", line))
            current.instructions[instruction.name] = instruction
    if not entry:
        raise ValueError("no ENTRY computation in the HLO text")
    return Module(entry, computations)


def _parse_instruction(line: str) -> Instruction:
    match = _INSTRUCTION.match(line)
    assert match is not None
    rest = line[match.end() :]
    end = _closing(rest, 0) + 1 if rest.startswith("(") else rest.index(" ")
    kind, rest = rest[:end], rest[end:].lstrip()
    opening = rest.index("(")
    closing = _closing(rest, opening)
    arguments = rest[opening + 1 : closing]
    return Instruction(
        name=match.group(2),
        opcode=rest[:opening],
        arrays=parse_arrays(kind),
        operands=tuple(_NAME.findall(arguments)),
        arguments=arguments,
        attributes=rest[closing + 1 :],
        is_root=bool(match.group(1)),
    )


def _closing(text: str, opening: int) -> int:
    """Index of what closes the bracket at `opening`; text in quotes is passed over."""
    depth, quoted = 0, False
    for index in range(opening, len(text)):
        character = text[index]
        if character == '"':
            quoted = not quoted
        elif not quoted and character in _OPEN:
            depth += 1
        elif not quoted and character in _CLOSE:
            depth -= 1
            if depth == 0:
                return index
    raise ValueError(f"brackets do not close in {text[opening : opening + 80]!r}")
