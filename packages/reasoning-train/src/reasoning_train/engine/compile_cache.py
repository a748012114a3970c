"""Keep what XLA compiled from one process to the next."""

import jax

from reasoning_train.models.cache import cache_root


def keep_compiled() -> None:
    """Read and write compiled programs in the user's cache, unless JAX was given a folder.

    Small ones too, for a tiny model's are nothing else: by default JAX keeps only what took a
    second to compile.
    """
    if jax.config.values["jax_compilation_cache_dir"] is None:
        jax.config.update("jax_compilation_cache_dir", str(cache_root().with_name("compiled")))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
