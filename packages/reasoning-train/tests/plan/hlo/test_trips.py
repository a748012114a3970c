"""Loops as the TPU compiler writes them: with a comparison instead of a trip count."""

import pytest

from reasoning_train.plan.hlo.module import parse_module
from reasoning_train.plan.hlo.trips import trips

LOOP = """\
HloModule loop

%body (s: (s32[], s32[], pred[])) -> (s32[], s32[], pred[]) {
  ROOT %s = (s32[], s32[], pred[]) parameter(0)
}

%cond (s: (s32[], s32[], pred[])) -> pred[] {
  %twelve = s32[]{:T(128)} constant(12)
  %s = (s32[], s32[], pred[]) parameter(0)
  %i = s32[]{:T(128)} get-tuple-element(%s), index=0
  %n = s32[]{:T(128)} get-tuple-element(%s), index=1
  %go = pred[] get-tuple-element(%s), index=2
  CONDITION
}

ENTRY %main (given: s32[]) -> s32[] {
  %given = s32[] parameter(0)
  %yes = pred[] constant(true)
  %two = s32[] constant(2)
  %seven = s32[] constant(7)
  %copied = s32[] copy(%two)
  %start = (s32[], s32[], pred[]) tuple(%copied, BOUND, %yes)
  %loop = (s32[], s32[], pred[]) while(%start), condition=%cond, body=%body
  ROOT %end = s32[] get-tuple-element(%loop), index=0
}
"""


@pytest.mark.parametrize(
    ("condition", "bound", "expected"),
    [
        ("ROOT %lt = pred[] compare(%i, %twelve), direction=LT", "%seven", 10),
        ("ROOT %lt = pred[] compare(%i, %n), direction=LT", "%seven", 5),
        ("ROOT %lt = pred[] compare(%i, %n), direction=LT", "%given", None),
        ("ROOT %both = pred[] and(%go, %go)", "%seven", None),
    ],
)
def test_turns_of_a_loop(condition: str, bound: str, expected: int | None) -> None:
    module = parse_module(LOOP.replace("CONDITION", condition).replace("BOUND", bound))
    entry = module.computations["main"]
    assert trips(entry.instructions["loop"], entry, module) == expected
