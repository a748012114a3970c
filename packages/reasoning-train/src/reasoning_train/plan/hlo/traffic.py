"""Traffic between a chip's main memory (HBM) and its cores, in bytes per instruction.

Each instruction reads its operands once and writes its result once. A fusion counts as one
instruction. A slice reads only the part it cuts out, and an update in place writes only the part it
changes. Arrays in on-chip memory cost nothing here, since the copy that put them there is counted.
"""

from reasoning_train.plan.hlo.module import Computation, Instruction, Module

FREE = frozenset(
    {
        "parameter", "constant", "tuple", "get-tuple-element", "bitcast", "while", "conditional",
        "call", "after-all", "opt-barrier", "partition-id", "replica-id", "iota", "copy-done",
        "all-gather-done", "all-reduce-done", "collective-permute-done", "async-done",
        "async-start", "async-update", "slice-done", "dynamic-slice-done", "send-done",
        "recv-done", "domain", "add-dependency",
    }
)  # fmt: skip
SLICES = frozenset({"dynamic-slice", "slice", "gather"})
VIEWS = frozenset({"bitcast", "reshape"})


def hbm_bytes(instruction: Instruction, computation: Computation, module: Module) -> int:
    """Return the bytes that one execution of an instruction reads from and writes to main memory.

    Args:
        instruction: Instruction of `computation`.
        computation: Computation that holds the instruction and its operands.
        module: Compiled program, for the computations of fusions.
    """
    opcode = instruction.opcode
    if opcode in FREE:
        return 0
    if opcode == "copy-start":  # returns (destination, source, context)
        return sum(a.size for a in instruction.arrays[:2] if a.in_hbm)
    if opcode in ("slice-start", "dynamic-slice-start"):  # returns (operands, slice, context)
        part = instruction.arrays[1]
        return part.size * (2 if part.in_hbm else 1)
    if opcode == "fusion":
        return _fusion(instruction, computation, module)
    if opcode in SLICES:
        return 2 * _written(instruction)
    if opcode == "dynamic-update-slice":
        return 2 * _sizes(computation, instruction.operands[1])
    read = sum(_sizes(computation, name) for name in set(instruction.operands))
    return read + _written(instruction)


def _written(instruction: Instruction) -> int:
    return sum(a.size for a in instruction.arrays if a.in_hbm)


def _sizes(computation: Computation, name: str) -> int:
    made = computation.instructions.get(name)
    return _written(made) if made else 0


def _fusion(instruction: Instruction, computation: Computation, module: Module) -> int:
    called = module.computations[instruction.called("calls") or ""]
    parameters = called.parameters()
    read = 0
    for name, parameter in zip(instruction.operands, parameters, strict=True):
        made = computation.instructions.get(name)
        if made and all(a.in_hbm for a in made.arrays):
            read += _read(parameter.name, called, module)
    arrays = instruction.arrays
    roots = _results(called.root, called)
    written = sum(
        _changed(root, called, module)
        for root, array in zip(roots, arrays, strict=False)
        if array.in_hbm
    )
    return read + written


def _read(name: str, computation: Computation, module: Module) -> int:
    """Return the bytes of the array `name` that the fused computation reads."""
    whole = _written_anywhere(computation.instructions[name])
    total = 0
    for user in computation.instructions.values():
        if name not in user.operands:
            continue
        if user.opcode in VIEWS:
            total += _read(user.name, computation, module)
        elif user.opcode in SLICES and user.operands[0] == name:
            total += _written_anywhere(user)
        elif user.opcode == "dynamic-update-slice" and user.operands[0] == name:
            continue  # updated in place: only the part that changes is written, nothing is read
        elif user.opcode == "fusion":
            inner = module.computations[user.called("calls") or ""]
            parameter = inner.parameters()[user.operands.index(name)]
            if _is_view(inner.root, parameter.name, inner):
                total += _read(user.name, computation, module)
            else:
                total += _read(parameter.name, inner, module)
        elif user.opcode == "tuple":
            continue
        else:
            return whole
    return min(total, whole)


def _is_view(root: Instruction, name: str, computation: Computation) -> bool:
    """Return whether the result is the array `name`, possibly in another shape."""
    while root.opcode in VIEWS:
        root = computation.instructions[root.operands[0]]
    return root.name == name


def _results(root: Instruction, computation: Computation) -> list[Instruction]:
    if root.opcode == "tuple":
        return [computation.instructions[name] for name in root.operands]
    return [root]


def _changed(root: Instruction, computation: Computation, module: Module) -> int:
    """Return the bytes that a fusion writes for a result: only the changed part if in place."""
    if root.opcode in VIEWS:
        return _changed(computation.instructions[root.operands[0]], computation, module)
    if root.opcode == "dynamic-update-slice":
        return _written_anywhere(computation.instructions[root.operands[1]])
    if root.opcode == "fusion":
        inner = module.computations[root.called("calls") or ""]
        if inner.root.opcode != "tuple":
            return _changed(inner.root, inner, module)
    return _written_anywhere(root)


def _written_anywhere(instruction: Instruction) -> int:
    return sum(a.size for a in instruction.arrays)
