import time

import jax
import jax.numpy as jnp

from reasoning_train.loop.compile_time import CompileTime


def test_compiling_is_counted_and_running_is_not() -> None:
    function = jax.jit(lambda x: jnp.sin(x) @ jnp.cos(x).T + time.monotonic())
    x = jnp.ones((64, 64)).block_until_ready()  # which is compiled too
    begun = time.monotonic()
    compiled = CompileTime()
    function(x).block_until_ready()
    once = compiled()
    assert 0.0 < once <= time.monotonic() - begun
    function(x).block_until_ready()
    assert compiled() == once
