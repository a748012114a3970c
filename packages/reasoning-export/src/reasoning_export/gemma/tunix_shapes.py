"""The expected shapes of Tunix's parameters, checked before any values are read.

Letters as in `layout`.
"""

from collections.abc import Mapping

from reasoning_export.errors import ExportError
from reasoning_export.gemma.families import ModelShape

Shapes = dict[str, tuple[int, ...]]


def full_shapes(shape: ModelShape) -> Shapes:
    """The shape of every parameter of the model, by Tunix name."""
    width, head = shape.width, shape.head
    norms = {
        "pre_attention_norm.scale": (width,),
        f"{shape.family.post_attention_norm}.scale": (width,),
        "pre_ffw_norm.scale": (width,),
        "post_ffw_norm.scale": (width,),
    }
    if shape.family.norms_heads:
        norms |= {"attn._query_norm.scale": (head,), "attn._key_norm.scale": (head,)}
    layer: Shapes = {**norms, **_linear_shapes(shape)}
    shapes: Shapes = {"embedder.input_embedding": (shape.vocabulary, width)}
    for index in range(shape.layers):
        shapes |= {f"layers.{index}.{name}": size for name, size in layer.items()}
    return shapes | {"final_norm.scale": (width,)}


def lora_shapes(shape: ModelShape, rank: int) -> Shapes:
    """The shape of every possible LoRA parameter; a run may train a subset.

    qwix contracts the layer's inputs in `_lora_a` and keeps its output axes in `_lora_b`.
    """
    width, hidden, head = shape.width, shape.hidden, shape.head
    ends: dict[str, tuple[tuple[int, ...], tuple[int, ...]]]
    if shape.fused_qkv:
        ends = {"attn.qkv_einsum.w": ((width,), (3, shape.heads, head))}
    else:
        ends = {
            "attn.q_einsum.w": ((width,), (shape.heads, head)),
            "attn.kv_einsum.w": ((width,), (2, shape.kv_heads, head)),
        }
    pairs = {
        **ends,
        "attn.attn_vec_einsum.w": ((shape.heads, head), (width,)),
        "mlp.gate_proj.kernel": ((width,), (hidden,)),
        "mlp.up_proj.kernel": ((width,), (hidden,)),
        "mlp.down_proj.kernel": ((hidden,), (width,)),
    }
    shapes: Shapes = {}
    for index in range(shape.layers):
        for name, (inputs, outputs) in pairs.items():
            shapes[f"layers.{index}.{name}_lora_a"] = (*inputs, rank)
            shapes[f"layers.{index}.{name}_lora_b"] = (rank, *outputs)
    return shapes


def check_shapes(
    found: Mapping[str, tuple[int, ...]], expected: Shapes, *, partial: bool = False
) -> None:
    """Check parameter shapes against those of the model.

    Args:
        found: Shapes by dotted Tunix name.
        expected: Of `full_shapes` or `lora_shapes`.
        partial: Whether `found` may leave names out.

    Raises:
        ExportError: With the first name that is unknown, missing or of another shape.
    """
    for name, size in found.items():
        if name not in expected:
            raise ExportError(
                f"the weights hold {name!r}, which this model does not have; "
                "are they of another base model?"
            )
        if tuple(size) != expected[name]:
            raise ExportError(
                f"the weights hold {name!r} as {tuple(size)}, where base model and LoRA rank give "
                f"{expected[name]}; are they of another model or rank?"
            )
    missing = [name for name in expected if name not in found]
    if missing and not partial:
        raise ExportError(f"the weights lack {missing[0]!r}; are they of another model?")


def _linear_shapes(shape: ModelShape) -> Shapes:
    width, hidden, heads, head = shape.width, shape.hidden, shape.heads, shape.head
    attention: Shapes
    if shape.fused_qkv:
        attention = {"attn.qkv_einsum.w": (3, heads, width, head)}
    else:
        attention = {
            "attn.q_einsum.w": (heads, width, head),
            "attn.kv_einsum.w": (2, shape.kv_heads, width, head),
        }
    return {
        **attention,
        "attn.attn_vec_einsum.w": (heads, head, width),
        "mlp.gate_proj.kernel": (width, hidden),
        "mlp.up_proj.kernel": (width, hidden),
        "mlp.down_proj.kernel": (hidden, width),
    }
