"""Installation commands for the extras of this package, wherever the package came from."""

from importlib.metadata import requires

from packaging.requirements import Requirement

PACKAGE = "reasoning-train"


def requirements(extra: str) -> list[str]:
    """Return the requirements of an extra for pip, such as `libtpu<0.0.43,>=0.0.42` for `plan`."""
    found = []
    for text in requires(PACKAGE) or ():
        one = Requirement(text)
        if one.marker and "extra" in str(one.marker) and one.marker.evaluate({"extra": extra}):
            found.append(f"{one.name}{one.specifier}")
    return found


def how_to_install(extra: str) -> str:
    """Return the command that installs an extra, for error messages.

    It lists the requirements themselves, since `pip install 'reasoning-train[…]'` only works if the
    package came from an index.
    """
    wanted = " ".join(f"'{requirement}'" for requirement in requirements(extra))
    return f"pip install {wanted} (in a clone: uv run --extra {extra} reasoning-train …)"
