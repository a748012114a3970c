"""Trip counts of loops, where the program determines them."""

import re

from reasoning_train.plan.hlo.module import Computation, Instruction, Module

_KNOWN = re.compile(r'"known_trip_count":\{"n":"(\d+)"\}')
_COPIES = frozenset({"copy", "bitcast", "convert", "copy-done", "copy-start"})


def trips(loop: Instruction, computation: Computation, module: Module) -> int | None:
    """Return the trip count of a `while`; None if it depends on data.

    CPU and GPU compilers write the trip count into the program. The TPU compiler does not, so it is
    derived from the loop's counter, assuming that the counter starts at a constant, is compared
    with a constant and grows by one, as in the loops of `jax.lax.scan`, `map` and `fori_loop`.

    Args:
        loop: The `while` instruction.
        computation: Computation that holds the loop.
        module: Compiled program, for the loop's condition.
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
    """Return the constant that a side of the comparison comes from; None if it is not constant.

    Args:
        name: Instruction of the condition that is compared.
        condition: Condition of the loop.
        start: Tuple of the loop's initial values.
        computation: Computation that holds the loop.
    """
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
