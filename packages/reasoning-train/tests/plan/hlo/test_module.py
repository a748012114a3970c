import pytest

from reasoning_train.plan.hlo.module import parse_module

TEXT = """\
HloModule jit_f, is_scheduled=true, entry_computation_layout={(f32[4,8]{1,0})->f32[]}

%add (a: f32[], b: f32[]) -> f32[] {
  %a = f32[] parameter(0)
  %b = f32[] parameter(1)
  ROOT %sum = f32[] add(%a, %b)
}

ENTRY %main.1 (x: f32[4,8]) -> f32[] {
  %x = f32[4,8]{1,0:T(8,128)} parameter(0), metadata={op_name="x (the } input"}
  %zero = f32[] constant(0)
  %pair = (f32[4,8]{1,0}, /*index=1*/f32[]) tuple(%x, %zero)
  ROOT %total = f32[] reduce(%x, %zero), dimensions={0,1}, to_apply=%add
}
"""


def test_computations_instructions_and_attributes() -> None:
    module = parse_module(TEXT)
    assert module.entry == "main.1"
    entry = module.computations["main.1"]
    assert [i.opcode for i in entry.instructions.values()] == [
        "parameter",
        "constant",
        "tuple",
        "reduce",
    ]
    assert entry.root.name == "total"
    assert entry.root.operands == ("x", "zero")
    assert entry.root.called("to_apply") == "add"
    assert entry.root.braces("dimensions") == "0,1"
    assert [a.dims for a in entry.instructions["pair"].arrays] == [(4, 8), ()]
    assert [p.name for p in module.computations["add"].parameters()] == ["a", "b"]


def test_text_without_an_entry_is_an_error() -> None:
    with pytest.raises(ValueError, match="no ENTRY"):
        parse_module("HloModule nothing\n")
