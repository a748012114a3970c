"""A plan on the terminal."""

import math
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from reasoning_train.plan.advice import Advice
from reasoning_train.plan.cache import versions
from reasoning_train.plan.calibration import Calibration, MemoryCheck
from reasoning_train.plan.planner import PlannedFunction
from reasoning_train.plan.result import Plan, decoding_collectives
from reasoning_train.plan.scaling import Scaled
from reasoning_train.plan.session import Answer
from reasoning_train.plan.stages import StageEstimate, budget_s
from reasoning_train.plan.topology import GIB

NAMED = ("google-tunix", "jax", "libtpu")
"""Packages that a plan names; its JSON has all that it depends on."""


def print_answer(answer: Answer, console: Console) -> None:
    """The plan and what else was asked."""
    print_plan(answer.plan, console)
    if answer.scaling:
        console.print(_scaling(answer.scaling))
    lines = calibration_lines(answer.calibration) + memory_lines(answer.memory)
    for line in [*lines, *(f"→ {hint}" for hint in answer.waste)]:
        console.print(line, highlight=False, soft_wrap=True)
    if answer.advice:
        print_advice(answer.advice, console)


def print_plan(plan: Plan, console: Console) -> None:
    """Memory, work and time, and the sentences that matter."""
    console.print(_memory(plan))
    console.print(_work(plan))
    console.print(_stages(plan))
    for line in sentences(plan):
        console.print(line, highlight=False, soft_wrap=True)


def print_advice(advice: Advice, console: Console) -> None:
    """The largest batches, and the changes."""
    for limit in advice.limits:
        refused = f"; {limit.refused} leaves too little memory" if limit.refused else ""
        if limit.value:
            text = f"up to {limit.value} fits: {limit.rows} rows, {limit.rows_per_s:,.0f} a second"
        else:
            text = "nothing fits"
        console.print(f"{limit.setting}: {text}{refused}", highlight=False, soft_wrap=True)
    for change in advice.changes:
        line = f"→ {change.setting} = {change.after} (now {change.before}): {change.gain}"
        console.print(line, highlight=False, soft_wrap=True)
    if not advice.changes:
        console.print("no setting was found that is faster and learns the same")


def calibration_lines(found: Sequence[Calibration]) -> list[str]:
    """What share of the roofline each stage of a run reached."""
    return [
        f"{c.stage}: {_seconds(c.measured_s)} a step measured (median of {c.steps}), "
        f"{_seconds(c.estimated_s)} estimated ({c.error:+.0%}), {_seconds(c.roofline_s)} on the "
        f"roofline: --efficiency {c.efficiency:.2g}"
        for c in found
    ]


def memory_lines(found: Sequence[MemoryCheck]) -> list[str]:
    """Memory as planned and as it was."""
    return [
        f"{m.of}: {m.predicted / 2**20:,.0f} MiB planned, {m.measured / 2**20:,.0f} MiB measured "
        f"({m.error:+.1%})"
        for m in found
    ]


def sentences(plan: Plan) -> list[str]:
    """The verdict, what decoding sends, the total, and the hints."""
    least = min(plan.functions, key=lambda f: f.spare)
    lines = [
        f"fits: {'yes' if plan.fits else 'no'} — {least.name} is the fullest, "
        f"{_gib(least.needed)} of {_gib(least.usable)} GiB"
    ]
    lines.append(_sent_in_decoding(plan))
    share = budget_s(plan.config)
    lines.append(
        f"estimated total {plan.total_s / 3600:.2f} h of {share / 3600:g} h, without loading, "
        f"rewards and checkpoints (roofline / {plan.efficiency:g}); compiling took "
        f"{plan.compile_s / 60:.1f} processor minutes here"
    )
    found = versions()
    lines.append("with " + ", ".join(f"{name} {found[name]}" for name in NAMED if name in found))
    return lines + [f"→ {hint}" for hint in plan.hints]


def _sent_in_decoding(plan: Plan) -> str:
    decode = next(f for f in plan.functions if f.name == "rollout_decode")
    inside = decoding_collectives(decode)
    if not inside:
        return "decoding sends nothing between chips"
    sent = sum(c.sent for c in inside)
    if all(len(c.dims) < 2 for c in inside):
        return f"decoding sends {sent} bytes a token and chip: counters, no weights"
    return (
        f"decoding sends {sent / 2**20:,.2f} MiB a token and chip in {len(inside)} collectives, "
        f"the largest {max(inside, key=lambda c: c.sent).kind}"
    )


def _memory(plan: Plan) -> Table:
    table = _table(f"GiB a chip on {plan.topology.name}", "function", "rows")
    for heading in ("weights", "optimizer", "KV cache", "within", "total", "spare"):
        table.add_column(heading, justify="right", no_wrap=True)
    for f in plan.functions:
        table.add_row(f.name, str(f.rows), *_memory_cells(f))
    return table


def _memory_cells(f: PlannedFunction) -> list[str]:
    memory = f.report.memory
    if memory is None:
        needed = _gib(f.needed) if f.report.needed else "more"
        return ["", "", "", "", needed, "does not fit"]
    kinds = {**memory.arguments, **f.beside}
    within = memory.temporaries + memory.output + memory.code
    return [
        _gib(kinds["weights"] + kinds.get("adapters", 0)),
        _gib(kinds.get("optimizer", 0)),
        _gib(kinds.get("kv_cache", 0)),
        _gib(within),
        _gib(f.needed),
        f"{f.spare:.0%}",
    ]


def _work(plan: Plan) -> Table:
    table = _table("one execution on a chip, and its roofline", "function")
    for heading in ("TFLOP", "HBM GB", "sent GB", "compute", "memory", "send", "estimate"):
        table.add_column(heading, justify="right", no_wrap=True)
    for f in plan.functions:
        cost, estimate = f.report.cost, f.estimate
        if cost and estimate:
            parts = (estimate.compute_s, estimate.memory_s, estimate.send_s, estimate.total_s)
            table.add_row(
                f.name,
                _three(cost.flops / 1e12),
                _three(cost.hbm_bytes / 1e9),
                _three(cost.sent_bytes / 1e9),
                *(_seconds(p) for p in parts),
            )
    return table


def _stages(plan: Plan) -> Table:
    table = _table("stages (estimates)", "stage")
    for heading in ("a step", "steps", "rows/s", "prompts", "rows", "Mtok", "saved", "hours"):
        table.add_column(heading, justify="right", no_wrap=True)
    for s in plan.stages:
        steps = s.steps_that_fit
        table.add_row(
            s.name,
            _seconds(s.step_s),
            _steps(s),
            f"{s.rows_per_s:,.1f}",
            f"{steps * s.prompts:,}",
            f"{steps * s.rows:,}",
            f"{steps * s.tokens / 1e6:,.1f}",
            f"{_gib(s.saved)} GiB" if s.saved else "",
            _hours(s),
        )
    return table


def _scaling(found: Sequence[Scaled]) -> Table:
    table = _table("the same batches on larger slices (estimates)", "stage", "slice")
    for heading in ("chips", "a step", "rows/s", "speed-up", "sending", "spare"):
        table.add_column(heading, justify="right", no_wrap=True)
    for s in sorted(found, key=lambda s: s.stage, reverse=True):
        table.add_row(
            s.stage,
            s.topology,
            str(s.chips),
            _seconds(s.step_s),
            f"{s.rows_per_s:,.1f}",
            f"{s.speedup:.2f}",
            f"{s.sent_share:.0%}",
            f"{s.spare:.0%}",
        )
    return table


def _hours(stage: StageEstimate) -> str:
    total = f"{stage.total_s / 3600:.2f}"
    return total if stage.share_s is None else f"{total} of {stage.share_s / 3600:g}"


def _steps(stage: StageEstimate) -> str:
    fits = stage.steps_that_fit
    return str(fits) if fits == stage.steps else f"{fits} of {stage.steps}"


def _table(title: str, *left: str) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for heading in left:
        table.add_column(heading, no_wrap=True)
    return table


def _gib(size: int) -> str:
    return f"{size / GIB:.2f}"


def _seconds(value: float) -> str:
    """Three digits and a unit, so that a row fits a terminal of 80 columns."""
    if value >= 1:
        return f"{_three(value)} s"
    return f"{_three(1000 * value)} ms"


def _three(value: float) -> str:
    return f"{value:,.{max(0, 2 - int(math.log10(max(value, 1))))}f}"
