"""Tunix's sampler with its KV cache spread over the chips from the start."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.sharding import Mesh
from tunix.generate.sampler import CacheConfig, Sampler, _init_cache

from reasoning_train.engine.mesh import rows_sharding


class RowSampler(Sampler):
    """Tunix's sampler, rows over the mesh, for models that are trained with recomputation too.

    Stock makes the cache of all rows on the first chip before it is moved to where it belongs: 256
    rows of Gemma 2 2B at 768 positions are 21 GB, more than a TPU v5e chip has. Tunix asks the
    model for its cache if it can make one, so here every model can.

    Args:
        model: The policy.
        tokenizer: Tunix's adapter, or what has its methods.
        cache_size: Positions of a row, prompt and completion.
        mesh: Where rows are spread.
    """

    def __init__(self, model: Any, tokenizer: Any, cache_size: int, mesh: Mesh) -> None:
        config = model.config
        super().__init__(
            model,
            tokenizer,
            CacheConfig(cache_size, config.num_layers, config.num_kv_heads, config.head_dim),
        )
        self._transformer_graphdef = nnx.graphdef(_without_remat(model))
        self._mesh = mesh

    @property
    def transformer(self) -> Any:
        model = super().transformer
        model.init_cache = self._make_cache
        return model

    def _make_cache(self, batch_size: int, cache_size: int, dtype: jnp.dtype) -> Any:
        return _cache_maker(self._mesh, self.cache_config, batch_size, cache_size, dtype)()


def _without_remat(model: Any) -> Any:
    """The model without recomputation, which is of no use without gradients.

    In the decoding loop it fails: "Cannot mutate Param from a different trace level".
    """
    own = nnx.merge(*nnx.split(model))
    for _, module in nnx.iter_modules(own):
        for name in ("remat_config", "config"):
            value = getattr(module, name, None)
            if value is not None:
                setattr(module, name, _no_remat(value))
    return own


def _no_remat(value: Any) -> Any:
    """A `RematConfig`, or a configuration that holds one, saying none."""
    if hasattr(value, "remat_config"):
        return replace(value, remat_config=_no_remat(value.remat_config))
    return type(value).NONE


@lru_cache(maxsize=8)
def _cache_maker(
    mesh: Mesh, config: CacheConfig, batch_size: int, cache_size: int, dtype: jnp.dtype
) -> Callable[[], Any]:
    make = partial(
        _init_cache,
        n_layers=config.num_layers,
        cache_size=cache_size,
        batch_size=batch_size,
        num_kv_heads=config.num_kv_heads,
        head_dim=config.head_dim,
        dtype=dtype,
    )
    return jax.jit(make, out_shardings=rows_sharding(mesh, batch_size))
