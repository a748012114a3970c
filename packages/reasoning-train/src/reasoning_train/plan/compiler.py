"""Compile a traced function and read the compiler's verdict."""

import re
import time
from dataclasses import asdict, dataclass
from typing import Any

import jax

from reasoning_train.engine.step_functions import StepFunction
from reasoning_train.plan.hlo.collectives import Collective
from reasoning_train.plan.hlo.cost import Cost, program_cost
from reasoning_train.plan.hlo.module import parse_module
from reasoning_train.plan.silence import silenced

UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes on one chip while a function runs, as its compiler reports them.

    Attributes:
        arguments: What it is given, by kind (`weights`, `adapters`, `optimizer`, `kv_cache`,
            `batch`), without the padding of tiles.
        argument: All that it is given, with padding.
        temporaries: Activations, gradients and all else that lives inside it.
        output: What it returns and was not given.
        code: The program.
    """

    arguments: dict[str, int]
    argument: int
    temporaries: int
    output: int
    code: int

    @property
    def total(self) -> int:
        return self.argument + self.temporaries + self.output + self.code


@dataclass(frozen=True, slots=True)
class FunctionReport:
    """One compiled function.

    Attributes:
        memory: Its memory; None where the compiler refused.
        needed: Bytes a chip that it needs, with what lies beside it; where the compiler refused,
            what it said.
        cost: What one execution does on a chip; None where the compiler refused.
        compile_s: Processor seconds of compiling, all threads together: what else the machine does
            is not counted.
        saved: Bytes of the checkpoint that follows it, all chips together.
    """

    memory: Memory | None
    needed: int
    cost: Cost | None
    compile_s: float
    saved: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON; `from_dict` reads it back."""
        return asdict(self)

    @staticmethod
    def from_dict(values: dict[str, Any]) -> "FunctionReport":
        cost = values["cost"]
        memory = values["memory"]
        return FunctionReport(
            memory=Memory(**memory) if memory else None,
            needed=values["needed"],
            cost=Cost(
                cost["flops"],
                cost["hbm_bytes"],
                cost["cycles"],
                tuple(Collective(**{**c, "dims": tuple(c["dims"])}) for c in cost["collectives"]),
                cost["open_loops"],
            )
            if cost
            else None,
            compile_s=values["compile_s"],
            saved=values["saved"],
        )


def compile_function(function: StepFunction, *, chips: int, open_trips: int) -> FunctionReport:
    """Compile and measure.

    Args:
        function: What to compile.
        chips: Chips it runs on.
        open_trips: Turns of a loop that ends when its data say so: decoding's.
    """
    begun = time.process_time()
    try:
        with silenced():
            compiled = function.lowered.compile()
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" not in str(error):
            raise
        compile_s = time.process_time() - begun
        return FunctionReport(None, needed_bytes(str(error)), None, compile_s, function.saved)
    compile_s = time.process_time() - begun
    analysis, text = compiled.memory_analysis(), compiled.as_text()
    if analysis is None or text is None:
        raise RuntimeError("this compiler says nothing of memory or code; libtpu's does")
    memory = Memory(
        arguments=dict(function.arguments),
        argument=analysis.argument_size_in_bytes,
        temporaries=analysis.temp_size_in_bytes,
        output=analysis.output_size_in_bytes - analysis.alias_size_in_bytes,
        code=analysis.generated_code_size_in_bytes,
    )
    cost = program_cost(parse_module(text), chips=chips, open_trips=open_trips)
    needed = memory.total + function.beside
    return FunctionReport(memory, needed, cost, compile_s, function.saved)


def needed_bytes(message: str) -> int:
    """Bytes that a program would have needed, from the compiler's refusal; 0 if it does not say."""
    match = re.search(r"Used ([\d.]+)([KMGT]?) of", message) or re.search(
        r"\(([\d.]+)([KMGT]?)\) exceeds", message
    )
    return int(float(match.group(1)) * UNITS[match.group(2)]) if match else 0
