"""How to install an extra of this package, wherever the package came from."""

from importlib.metadata import requires

from packaging.requirements import Requirement

PACKAGE = "reasoning-train"


def requirements(extra: str) -> list[str]:
    """What an extra adds, as pip takes it: `libtpu<0.0.43,>=0.0.42` for `plan`."""
    found = []
    for text in requires(PACKAGE) or ():
        one = Requirement(text)
        if one.marker and "extra" in str(one.marker) and one.marker.evaluate({"extra": extra}):
            found.append(f"{one.name}{one.specifier}")
    return found


def how_to_install(extra: str) -> str:
    """The remedy at the end of an error about a missing extra.

    It names the requirements themselves, since `pip install 'reasoning-train[…]'` only works where
    the package was taken from an index.
    """
    wanted = " ".join(f"'{requirement}'" for requirement in requirements(extra))
    return f"pip install {wanted} (in a clone: uv run --extra {extra} reasoning-train …)"
