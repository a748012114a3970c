"""Tunix's own recipe beside ours, by the TPU's compiler: memory, largest rows, throughput.

    python packages/reasoning-train/benchmarks/against_stock.py kaggle-gemma3-1b > table.md

Stock is what Tunix's notebooks do: its default losses over whole logits, no recomputation, groups
of two, and a mesh of (1, 4), which leaves four of eight chips idle (compiled for a slice of four);
and the same losses on our mesh of (8, 1), which is the comparison at equal settings: model, dtype,
adapters, lengths and chips. Ours is the preset. Stock's rows double, ours grow by four from the
largest that stock could do, until a chip has too little memory. Every line is a compilation of
minutes; answers are kept like those of `reasoning-train plan`.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from reasoning_train.config import RunConfig, load_config
from reasoning_train.plan.silence import quiet_environment

quiet_environment()

import jax  # noqa: E402
from jax.sharding import AxisType, Mesh  # noqa: E402

from reasoning_train.config.engine_settings import lengths, lora  # noqa: E402
from reasoning_train.engine.abstract import abstract_policy  # noqa: E402
from reasoning_train.engine.gemma import model_config  # noqa: E402
from reasoning_train.engine.step_functions import StepFunction  # noqa: E402
from reasoning_train.engine.stock import (  # noqa: E402
    StockSampler,
    stock_class,
    trace_stock_policy_step,
    trace_stock_sft_step,
)
from reasoning_train.plan.architecture import architecture_folder  # noqa: E402
from reasoning_train.plan.cache import ReportCache  # noqa: E402
from reasoning_train.plan.compiler import FunctionReport  # noqa: E402
from reasoning_train.plan.planner import Planner  # noqa: E402
from reasoning_train.plan.roofline import estimate  # noqa: E402
from reasoning_train.plan.topology import GIB, slice_devices, topology_named  # noqa: E402
from reasoning_train.plan.workload import Work  # noqa: E402

GENERATIONS = 2
"""Stock's group."""
NOTEBOOK_ROWS = 4
"""Completions of a step in Tunix's notebook: two prompts, two each."""
FIRST_ROWS = 16
LAST_ROWS = 512
EFFICIENCY = 0.5


@dataclass(frozen=True)
class Recipe:
    """One kind of row in the table: where it runs, and its functions with some rows."""

    name: str
    topology: str
    sft: Callable[[int], Work]
    grpo: Callable[[int], Work]
    sampling: Callable[[int], list[Work]]


def stock(config: RunConfig, topology: str, shape: tuple[int, int]) -> Recipe:
    """Tunix's recipe on a mesh of that shape."""
    devices = slice_devices(topology_named(topology))
    mesh = jax.make_mesh(shape, ("fsdp", "tp"), axis_types=(AxisType.Auto,) * 2, devices=devices)

    @lru_cache(maxsize=1)
    def policy() -> Any:
        return stock_policy(config, mesh)

    def work(name: str, rows: int, trace: Callable[[], StepFunction], trips: int = 1) -> Work:
        inputs = {"model": config.model.name, "rows": rows, "mesh": shape,
                  "lora": config.model.lora_rank, "lengths": str(lengths(config))}  # fmt: skip
        return Work(f"stock_{name}", rows, inputs, trace, trips)

    def sft(rows: int) -> Work:
        return work(
            "sft_step",
            rows,
            lambda: trace_stock_sft_step(policy(), mesh, rows=rows, lengths=lengths(config)),
        )

    def grpo(rows: int) -> Work:
        return work(
            "grpo_step",
            rows,
            lambda: trace_stock_policy_step(
                policy(), mesh, rows=rows, generations=GENERATIONS, lengths=lengths(config)
            ),
        )

    def sampling(rows: int) -> list[Work]:
        def sampler() -> StockSampler:
            return StockSampler(policy(), mesh, rows=rows, lengths=lengths(config))

        turns = lengths(config).completion - 1
        return [
            work("prefill", rows, lambda: sampler().trace_prefill()),
            work("decode", rows, lambda: sampler().trace_decode(), turns),
        ]

    return Recipe(f"stock, mesh {shape}", topology, sft, grpo, sampling)


def stock_policy(config: RunConfig, mesh: Mesh) -> Any:
    """The model as Tunix's own class, laid out as it wishes."""
    folder, dtype = architecture_folder(config.model), config.model.dtype
    found = model_config(folder, dtype=jax.numpy.dtype(dtype), remat=False)
    return abstract_policy(
        found, lora(config), dtype=dtype, mesh=mesh, replicated=False, cls=stock_class(found)
    )


def ours(config: RunConfig, topology: str) -> Recipe:
    """The preset's own steps; more rows at once than its batch has make a larger batch."""
    generations = config.grpo.num_generations
    planner = planner_for(topology)

    def grpo(rows: int) -> Work:
        batch = max(config.grpo.batch_size, rows // generations)
        section = config.grpo.model_copy(update={"batch_size": batch})
        larger = config.model_copy(update={"grpo": section})
        return planner.workload(larger).grpo_step(rows // generations)

    workload = planner.workload(config)
    return Recipe("ours", topology, workload.sft_step, grpo, lambda r: list(workload.rollout(r)))


@lru_cache(maxsize=4)
def planner_for(topology: str) -> Planner:
    named = topology_named(topology)
    return Planner(
        named, slice_devices(named), ReportCache(), EFFICIENCY,
        lambda name, rows, _: print(f"compiling {name} of {rows} rows", file=sys.stderr),
    )  # fmt: skip


def report_of(recipe: Recipe, work: Work) -> tuple[FunctionReport, bool]:
    """What the compiler says, and whether it fits."""
    planner = planner_for(recipe.topology)
    report = planner.report(work)
    usable = planner.topology.chip.usable_bytes
    return report, report.memory is not None and report.needed <= usable


def grown(
    recipe: Recipe, step: str, start: int, factor: int
) -> Iterator[tuple[int, FunctionReport, bool]]:
    """The step with ever more rows, until one does not fit or enough was seen."""
    rows = start
    while rows <= LAST_ROWS:
        report, fits = report_of(recipe, getattr(recipe, step)(rows))
        yield rows, report, fits
        if not fits:
            return
        rows *= factor


def memory_lines(equal: Recipe, mine: Recipe) -> Iterator[str]:
    """The table of memory; ours begins with the rows that stock could still do on its mesh."""
    yield "| step | recipe | slice | rows | GiB a chip |"
    yield "|---|---|---|---|---|"
    for step in ("sft", "grpo"):
        largest = FIRST_ROWS
        for recipe in (equal, mine):
            first, factor = (largest, 4) if recipe is mine else (FIRST_ROWS, 2)
            for rows, report, fits in grown(recipe, step, first, factor):
                verdict = f"{report.needed / GIB:.2f}" if report.needed else "more than there is"
                verdict += "" if fits else ", does not fit"
                yield f"| {step} | {recipe.name} | {recipe.topology} | {rows} | {verdict} |"
                if recipe is equal and fits:
                    largest = rows


def throughput_line(recipe: Recipe, rows: int, per_step: int) -> str:
    """Estimated completions a second of a GRPO step, without the reference and without loading."""
    chip = planner_for(recipe.topology).topology.chip
    seconds = []
    for work in [*recipe.sampling(rows), recipe.grpo(per_step)]:
        report, fits = report_of(recipe, work)
        if not fits or report.cost is None:
            return f"| {recipe.name} | {recipe.topology} | {rows} | does not fit | | | |"
        seconds.append(estimate(report.cost, chip, EFFICIENCY).total_s)
    prefill, decode, update = seconds
    update *= rows // per_step
    rate = rows / (prefill + decode + update)
    parts = " | ".join(f"{s:.2f} s" for s in (prefill, decode, update))
    return f"| {recipe.name} | {recipe.topology} | {rows} | {parts} | {rate:.1f} |"


def main() -> None:
    config = load_config(preset=sys.argv[1])
    equal, mine = stock(config, "v5e-8", (8, 1)), ours(config, "v5e-8")
    notebook = stock(config, "v5e-4", (1, 4))
    for line in memory_lines(equal, mine):
        print(line, flush=True)
    print("\n| recipe | slice | rows a step | prefill | decoding | updates | completions/s |")
    print("|---|---|---|---|---|---|---|")
    rows = config.grpo.batch_size * config.grpo.num_generations
    at_once = (config.grpo.micro_batch or config.grpo.batch_size) * config.grpo.num_generations
    print(throughput_line(notebook, NOTEBOOK_ROWS, NOTEBOOK_ROWS), flush=True)
    print(throughput_line(mine, rows, at_once), flush=True)


if __name__ == "__main__":
    main()
