"""Total cost of a program, with every loop counted as often as it runs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reasoning_train.plan.hlo.collectives import Collective, collective
from reasoning_train.plan.hlo.flops import instruction_flops
from reasoning_train.plan.hlo.module import Computation, Instruction, Module
from reasoning_train.plan.hlo.traffic import hbm_bytes
from reasoning_train.plan.hlo.trips import trips

_CYCLES = re.compile(r'"estimated_cycles":"(\d+)"')


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost of one execution of a program, or part of one, on one chip.

    Attributes:
        flops: Floating-point operations of matrix products.
        hbm_bytes: Bytes read from and written to main memory.
        cycles: Clock cycles estimated by the TPU compiler; 0 from other compilers.
        collectives: Collectives that it executes.
        open_loops: Number of loops of unknown trip count.
    """

    flops: int = 0
    hbm_bytes: int = 0
    cycles: int = 0
    collectives: tuple[Collective, ...] = ()
    open_loops: int = 0

    @property
    def sent_bytes(self) -> int:
        """Bytes that a chip sends to others."""
        return sum(c.sent * c.times for c in self.collectives)

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.flops + other.flops,
            self.hbm_bytes + other.hbm_bytes,
            self.cycles + other.cycles,
            self.collectives + other.collectives,
            self.open_loops + other.open_loops,
        )

    def repeated(self, times: int, *, in_open_loop: bool) -> "Cost":
        """Return the cost of a loop with this body.

        Args:
            times: Trip count of the loop.
            in_open_loop: Whether the trip count is an assumption.
        """
        return Cost(
            self.flops * times,
            self.hbm_bytes * times,
            self.cycles * times,
            tuple(
                replace(c, times=c.times * times, in_open_loop=c.in_open_loop or in_open_loop)
                for c in self.collectives
            ),
            self.open_loops,
        )


def program_cost(module: Module, *, chips: int, open_trips: int = 1) -> Cost:
    """Return the cost of one execution of a program on one chip.

    Args:
        module: Compiled program.
        chips: Number of chips that it runs on.
        open_trips: Assumed trip count of loops of unknown trip count, such as the decoding loop,
            which ends when every row has ended.
    """
    return _Walk(module, chips, open_trips).computation(module.computations[module.entry])


@dataclass(frozen=True, slots=True)
class _Walk:
    module: Module
    chips: int
    open_trips: int

    def computation(self, computation: Computation) -> Cost:
        total = Cost()
        for instruction in computation.instructions.values():
            total += self._own(instruction, computation)
            total += self._called(instruction, computation)
        return total

    def _own(self, instruction: Instruction, computation: Computation) -> Cost:
        cycles = _CYCLES.search(instruction.attributes)
        found = (collective(i, self.chips) for i in self._parts(instruction))
        return Cost(
            self._flops(instruction, computation),
            hbm_bytes(instruction, computation, self.module),
            int(cycles.group(1)) if cycles else 0,
            tuple(c for c in found if c),
        )

    def _called(self, instruction: Instruction, computation: Computation) -> Cost:
        match instruction.opcode:
            case "while":
                turns = trips(instruction, computation, self.module)
                body = self._named(instruction.called("body")).repeated(
                    self.open_trips if turns is None else turns, in_open_loop=turns is None
                )
                return body + Cost(open_loops=int(turns is None))
            case "call":
                return self._named(instruction.called("to_apply"))
            case "async-start":
                return self._named(instruction.called("calls"))
            case "conditional":
                # A branch skips chunks of padding. Assume that there are none, which costs most.
                branches = [self._named(name) for name in _branches(instruction)]
                return max(branches, key=lambda c: (c.flops, c.hbm_bytes))
        return Cost()

    def _named(self, name: str | None) -> Cost:
        return self.computation(self.module.computations[name or ""])

    def _parts(self, instruction: Instruction) -> Iterator[Instruction]:
        """Yield the instruction, or the ones it fuses, since the TPU also fuses collectives."""
        if instruction.opcode != "fusion":
            yield instruction
            return
        called = self.module.computations[instruction.called("calls") or ""]
        for inner in called.instructions.values():
            yield from self._parts(inner)

    def _flops(self, instruction: Instruction, computation: Computation) -> int:
        if instruction.opcode == "fusion":
            called = self.module.computations[instruction.called("calls") or ""]
            return sum(self._flops(i, called) for i in called.instructions.values())
        return instruction_flops(instruction, computation)


def _branches(instruction: Instruction) -> list[str]:
    listed = re.findall(r"%?([\w.\-]+)", instruction.braces("branch_computations"))
    named = (instruction.called(a) for a in ("true_computation", "false_computation"))
    return listed + [name for name in named if name]
