"""Memory a chip and largest rows: Tunix's own recipe beside ours, by the TPU's compiler.

    python packages/reasoning-train/benchmarks/against_stock.py kaggle-gemma3-1b > table.md

Stock is what Tunix's notebooks do on a v5e-8: its default losses over whole logits, no
recomputation, and a mesh of (1, 4), which leaves four chips idle (compiled for a slice of four);
and the same on our mesh of (8, 1). Ours is the preset. Rows double until a chip has too little
memory. Every line is a compilation of minutes; answers are kept like those of
`reasoning-train plan`.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from reasoning_train.config import RunConfig, load_config
from reasoning_train.plan.silence import quiet_environment

quiet_environment()

import jax  # noqa: E402
from jax.sharding import AxisType  # noqa: E402

from reasoning_train.engine.abstract import abstract_policy  # noqa: E402
from reasoning_train.engine.gemma import model_config  # noqa: E402
from reasoning_train.engine.stock import (  # noqa: E402
    stock_class,
    trace_stock_policy_step,
    trace_stock_sft_step,
)
from reasoning_train.plan.architecture import architecture_folder  # noqa: E402
from reasoning_train.plan.cache import ReportCache  # noqa: E402
from reasoning_train.plan.planner import Planner  # noqa: E402
from reasoning_train.plan.topology import GIB, slice_devices, topology_named  # noqa: E402
from reasoning_train.plan.workload import Work  # noqa: E402
from reasoning_train.settings import lengths, lora  # noqa: E402

STOCK_GENERATIONS = 2
LAST_ROWS = 512


@dataclass(frozen=True)
class Recipe:
    """One column: a name, the slice, and the work of a step with some rows."""

    name: str
    topology: str
    sft: Callable[[int], Work]
    grpo: Callable[[int], Work]


def stock(config: RunConfig, topology: str, shape: tuple[int, int]) -> Recipe:
    """Tunix's recipe on a mesh of that shape."""
    devices = slice_devices(topology_named(topology))
    mesh = jax.make_mesh(shape, ("fsdp", "tp"), axis_types=(AxisType.Auto,) * 2, devices=devices)
    model: list[Any] = []

    def policy() -> Any:
        if not model:
            folder = architecture_folder(config.model)
            tunix_config = model_config(folder, dtype=config.model.dtype, remat=False)
            model.append(
                abstract_policy(
                    tunix_config,
                    lora(config),
                    dtype=config.model.dtype,
                    mesh=mesh,
                    replicated=False,
                    cls=stock_class(tunix_config),
                )
            )
        return model[0]

    def work(name: str, rows: int, trace: Callable[..., Any], **more: Any) -> Work:
        inputs = {"model": config.model.name, "rows": rows, "mesh": shape,
                  "lora": config.model.lora_rank, "lengths": str(lengths(config))}  # fmt: skip
        return Work(
            f"stock_{name}", rows, inputs,
            lambda: trace(policy(), mesh, rows=rows, lengths=lengths(config), **more),
        )  # fmt: skip

    return Recipe(
        f"stock, mesh {shape}",
        topology,
        lambda rows: work("sft_step", rows, trace_stock_sft_step),
        lambda rows: work(
            "grpo_step", rows, trace_stock_policy_step, generations=STOCK_GENERATIONS
        ),
    )


def ours(config: RunConfig, topology: str) -> Recipe:
    """The preset's own steps."""
    generations = config.grpo.num_generations
    grpo = config.grpo.model_copy(update={"batch_size": LAST_ROWS // generations})
    workload = planner_for(topology).workload(config.model_copy(update={"grpo": grpo}))
    return Recipe(
        "ours",
        topology,
        workload.sft_step,
        lambda rows: workload.grpo_step(rows // generations),
    )


def planner_for(topology: str) -> Planner:
    named = topology_named(topology)
    return Planner(
        named, slice_devices(named), ReportCache(), 0.5,
        lambda name, rows: print(f"compiling {name} of {rows} rows", file=sys.stderr),
    )  # fmt: skip


def lines(recipe: Recipe, step: str, start: int, last: int) -> Iterator[str]:
    """A row of the table for every doubling, until one does not fit or enough was seen."""
    planner = planner_for(recipe.topology)
    rows = start
    while rows <= last:
        report = planner.report(getattr(recipe, step)(rows))
        usable = planner.topology.chip.usable_bytes
        fits = report.memory is not None and report.needed <= usable
        verdict = f"{report.needed / GIB:.2f}" + ("" if fits else " (does not fit)")
        yield f"| {step} | {recipe.name} | {recipe.topology} | {rows} | {verdict} |"
        if not fits:
            return
        rows *= 2


def main() -> None:
    config = load_config(preset=sys.argv[1])
    recipes = [
        stock(config, "v5e-4", (1, 4)),
        stock(config, "v5e-8", (8, 1)),
        ours(config, "v5e-8"),
    ]
    print("| step | recipe | slice | rows | GiB a chip |\n|---|---|---|---|---|")
    for step in ("sft", "grpo"):
        for recipe in recipes:
            start = 8 if recipe.name != "ours" else 64
            for line in lines(recipe, step, start, LAST_ROWS):
                print(line, flush=True)


if __name__ == "__main__":
    main()
