"""How often a loop turns, where the program says so."""

import re

from reasoning_train.plan.hlo.module import Computation, Instruction, Module

_KNOWN = re.compile(r'"known_trip_count":\{"n":"(\d+)"\}')
_COPIES = frozenset({"copy", "bitcast", "convert", "copy-done", "copy-start"})


def trips(loop: Instruction, computation: Computation, module: Module) -> int | None:
    """Turns of a `while`; None where only its data tell.

    CPU and GPU compilers write the number down. The TPU's does not, so the loop is read: a counter
    that starts at one constant and is compared to another, and moves by one at every turn, as the
    loops of `jax.lax.scan`, `map` and `fori_loop` do.
    """
    if match := _KNOWN.search(loop.attributes):
        return int(match.group(1))
    condition = module.computations[loop.called("condition") or ""]
    compare = condition.root
    if compare.opcode != "compare" or "direction=LT" not in compare.attributes:
        return None
    start = computation.instructions.get(loop.operands[0])
    if start is None or start.opcode != "tuple":
        return None
    first, last = (_value(name, condition, start, computation) for name in compare.operands)
    return None if first is None or last is None else max(last - first, 0)


def _value(
    name: str, condition: Computation, start: Instruction, computation: Computation
) -> int | None:
    """The constant behind a side of the comparison: in the condition, or given to the loop."""
    made = condition.instructions[name]
    if made.opcode == "get-tuple-element":
        match = re.search(r"index=(\d+)", made.attributes)
        if not match:
            return None
        made = _origin(start.operands[int(match.group(1))], computation)
    return int(made.arguments) if made.opcode == "constant" else None


def _origin(name: str, computation: Computation) -> Instruction:
    made = computation.instructions[name]
    return _origin(made.operands[0], computation) if made.opcode in _COPIES else made
