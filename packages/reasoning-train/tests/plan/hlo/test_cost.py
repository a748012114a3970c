import jax
import jax.numpy as jnp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning_train.plan.hlo.cost import Cost, program_cost
from reasoning_train.plan.hlo.flops import _meetings, _Window
from reasoning_train.plan.hlo.module import parse_module

LOOP = """\
HloModule loop

%body (s: (s32[], f32[16,16], f32[128,16])) -> (s32[], f32[16,16], f32[128,16]) {
  %s = (s32[], f32[16,16], f32[128,16]) parameter(0)
  %i = s32[] get-tuple-element(%s), index=0
  %w = f32[16,16]{1,0} get-tuple-element(%s), index=1
  %c = f32[128,16]{1,0} get-tuple-element(%s), index=2
  %gathered = f32[128,16]{1,0} all-gather(%w), replica_groups=[1,8]<=[8], dimensions={0}
  %product = f32[128,16]{1,0} dot(%gathered, %w), lhs_contracting_dims={1}, rhs_contracting_dims={0}
  %row = f32[1,16]{1,0} slice(%product), slice={[0:1], [0:16]}
  %new = f32[128,16]{1,0} dynamic-update-slice(%c, %row, %i, %i)
  ROOT %out = (s32[], f32[16,16], f32[128,16]) tuple(%i, %w, %new)
}

%cond (s: (s32[], f32[16,16], f32[128,16])) -> pred[] {
  %s = (s32[], f32[16,16], f32[128,16]) parameter(0)
  ROOT %yes = pred[] constant(true)
}

ENTRY %main (p: (s32[], f32[16,16], f32[128,16])) -> (s32[], f32[16,16], f32[128,16]) {
  %p = (s32[], f32[16,16], f32[128,16]) parameter(0)
  ROOT %loop = (s32[], f32[16,16], f32[128,16]) while(%p), condition=%cond, body=%bodyTRIPS
}
"""
KNOWN = ', backend_config={"known_trip_count":{"n":"5"},"other":1}'


def cost_of(text: str, **options: int) -> Cost:
    return program_cost(parse_module(text), chips=8, **options)


def test_a_known_loop_counts_as_often_as_it_turns() -> None:
    cost = cost_of(LOOP.replace("TRIPS", KNOWN))
    assert cost.flops == 5 * 2 * 128 * 16 * 16
    assert cost.open_loops == 0
    (gather,) = cost.collectives
    assert (gather.kind, gather.times, gather.in_open_loop) == ("all-gather", 5, False)
    assert cost.sent_bytes == 5 * 128 * 16 * 4 * 7 // 8


def test_an_open_loop_counts_as_often_as_it_is_told() -> None:
    cost = cost_of(LOOP.replace("TRIPS", ""), open_trips=3)
    assert cost.flops == 3 * 2 * 128 * 16 * 16
    assert cost.open_loops == 1
    assert cost.collectives[0].in_open_loop


def test_slices_read_what_they_cut_and_updates_write_what_they_change() -> None:
    cost = cost_of(LOOP.replace("TRIPS", ""), open_trips=1)
    whole, part, row = 128 * 16 * 4, 16 * 16 * 4, 16 * 4
    gather, product = part + whole, whole + part + whole
    assert cost.hbm_bytes == gather + product + 2 * row + 2 * row


@pytest.mark.parametrize(
    ("dims", "attributes", "flops"),
    [
        # A plain matrix product as the TPU writes it.
        (("8,16", "16,32", "8,32"), "dim_labels=bf_io->bf", 2 * 8 * 16 * 32),
        # A batch of four as a spatial dimension: only like meets like.
        (
            ("4,8,16", "4,16,32", "4,8,32"),
            "window={size=4 stride=3 pad=0_0 lhs_dilate=4}, dim_labels=0bf_0io->0bf",
            2 * 4 * 8 * 16 * 32,
        ),
        # A real convolution with padding: 3 + 3 of the outer places meet one position less.
        (
            ("1,5,1", "3,1,1", "1,5,1"),
            "window={size=3 pad=1_1}, dim_labels=b0f_0io->b0f",
            2 * (5 * 3 - 2),
        ),
    ],
)
def test_convolutions(dims: tuple[str, str, str], attributes: str, flops: int) -> None:
    left, right, out = dims
    text = f"""\
HloModule c

ENTRY %main (a: f32[{left}], b: f32[{right}]) -> f32[{out}] {{
  %a = f32[{left}] parameter(0)
  %b = f32[{right}] parameter(1)
  ROOT %c = f32[{out}] convolution(%a, %b), {attributes}
}}
"""
    assert cost_of(text).flops == flops


def test_a_compiled_scan_of_products() -> None:
    def f(x: jax.Array, ws: jax.Array) -> jax.Array:
        return jax.lax.scan(lambda c, w: (c @ w, None), x, ws)[0]

    compiled = jax.jit(f).lower(jnp.ones((32, 64)), jnp.ones((6, 64, 64))).compile()
    cost = cost_of(compiled.as_text())
    assert cost.flops == 6 * 2 * 32 * 64 * 64


def test_of_two_branches_the_dearer_counts() -> None:
    def f(flag: jax.Array, x: jax.Array) -> jax.Array:
        return jax.lax.cond(flag, lambda: x @ x, lambda: x)

    compiled = jax.jit(f).lower(jnp.array(True), jnp.ones((64, 64))).compile()
    assert cost_of(compiled.as_text()).flops == 2 * 64**3


FUSED = """\
HloModule fused

%view (t: f32[64,16]) -> f32[16,64] {
  %t = f32[64,16] parameter(0)
  ROOT %seen = f32[16,64] bitcast(%t)
}

%work (a: f32[8,16], b: f32[64,16]) -> f32[8,64] {
  %a = f32[8,16] parameter(0)
  %b = f32[64,16] parameter(1)
  %turned = f32[16,64] fusion(%b), kind=kLoop, calls=%view
  ROOT %d = f32[8,64] dot(%a, %turned), lhs_contracting_dims={1}, rhs_contracting_dims={0}
}

ENTRY %main (x: f32[8,16], table: f32[64,16]) -> f32[8,64] {
  %x = f32[8,16]{1,0:S(1)} parameter(0)
  %table = f32[64,16] parameter(1)
  %s = ((f32[64,16]), f32[4,16]{1,0:S(1)}, s32[]) slice-start(%table), slice={[0:4], [0:16]}
  %part = f32[4,16]{1,0:S(1)} slice-done(%s)
  ROOT %out = f32[8,64] fusion(%x, %table), kind=kOutput, calls=%work
}
"""


def test_a_view_inside_a_fusion_is_read_and_slices_in_flight_are_read_once() -> None:
    cost = cost_of(FUSED)
    sliced, table, out = 4 * 16 * 4, 64 * 16 * 4, 8 * 64 * 4
    assert cost.hbm_bytes == sliced + table + out
    assert cost.flops == 2 * 8 * 16 * 64


@given(
    size=st.integers(1, 9),
    kernel=st.integers(1, 9),
    places=st.integers(1, 12),
    stride=st.integers(1, 4),
    low=st.integers(-3, 9),
    left=st.integers(1, 4),
    right=st.integers(1, 4),
)
def test_meetings_are_those_of_counting(
    size: int, kernel: int, places: int, stride: int, low: int, left: int, right: int
) -> None:
    listed = sum(
        0 <= (at := place * stride + position * right - low) <= (size - 1) * left and at % left == 0
        for place in range(places)
        for position in range(kernel)
    )
    assert _meetings(size, kernel, places, _Window(stride, low, left, right)) == listed
