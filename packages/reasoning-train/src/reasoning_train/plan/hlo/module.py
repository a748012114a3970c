"""Parser of HLO text into computations and instructions."""

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
    """Instruction of a computation.

    Attributes:
        name: Name, unique in the computation.
        opcode: Operation, such as `dot` or `fusion`.
        arrays: Types of its results.
        operands: Names of the instructions whose results it reads.
        arguments: Text between the parentheses, which holds constants and parameter numbers.
        attributes: Text after the parentheses.
        is_root: Whether its result is the computation's result.
    """

    name: str
    opcode: str
    arrays: tuple[Array, ...]
    operands: tuple[str, ...]
    arguments: str
    attributes: str
    is_root: bool

    def called(self, attribute: str) -> str | None:
        """Return the name of the computation in `attribute=%name`; None if there is none."""
        match = re.search(rf"\b{attribute}=%?([\w.\-]+)", self.attributes)
        return match.group(1) if match else None

    def braces(self, attribute: str) -> str:
        """Return the text between the braces of `attribute={…}`; empty if there is none."""
        match = re.search(rf"\b{attribute}=\{{", self.attributes)
        if not match:
            return ""
        end = _closing(self.attributes, match.end() - 1)
        return self.attributes[match.end() : end]


@dataclass(frozen=True, slots=True)
class Computation:
    """Computation: instructions by name, in the order of execution."""

    name: str
    instructions: dict[str, Instruction] = field(default_factory=dict)

    @property
    def root(self) -> Instruction:
        return next(i for i in self.instructions.values() if i.is_root)

    def parameters(self) -> list[Instruction]:
        """Return the parameters in the order of their numbers."""
        found = [i for i in self.instructions.values() if i.opcode == "parameter"]
        return sorted(found, key=lambda i: int(i.arguments))


@dataclass(frozen=True, slots=True)
class Module:
    """Compiled program: computations by name, and the name of the entry computation."""

    entry: str
    computations: dict[str, Computation]


def parse_module(text: str) -> Module:
    """Parse the text of a compiled program, `compiled.as_text()`.

    Raises:
        ValueError: The text has no entry computation.
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
    """Return the index of the bracket that closes the one at `opening`, ignoring quoted text."""
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
