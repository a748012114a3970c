"""Keep the TPU runtime's chatter about machines that are not there off the screen."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


def quiet_environment() -> None:
    """Settings that the runtime reads when it is loaded; call before JAX is imported."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")  # planning touches no accelerator
    os.environ.setdefault("TPU_SKIP_MDS_QUERY", "1")
    os.environ.setdefault("TPU_STDERR_LOG_LEVEL", "3")
    os.environ.setdefault("TPU_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TPU_LOG_DIR", "disabled")
    # Without it a second plan at the same time is refused: each would want the chips for itself.
    os.environ.setdefault("ALLOW_MULTIPLE_LIBTPU_LOAD", "1")


@contextmanager
def silenced() -> Iterator[None]:
    """Drop what native code writes to standard error; exceptions carry what matters."""
    with open(os.devnull, "w") as nowhere:
        screen = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(screen, 2)
            os.close(screen)
