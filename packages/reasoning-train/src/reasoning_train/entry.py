"""Entry point of `reasoning-train`; it handles signals during the imports, which take seconds."""

import sys
from collections.abc import Sequence

from reasoning_train.loop.interruption import Interruption, StoppedError


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command; a signal ends it with one line and exit code 128 + the signal's number.

    Args:
        argv: Arguments after the command's name; None for those of the process.
    """
    try:
        with Interruption().listening():
            from reasoning_train.cli import main as command

            command(argv)
    except StoppedError as error:  # raised during the imports, before a command has begun
        print(f"\n{error}", file=sys.stderr)
        sys.exit(128 + error.signal)


if __name__ == "__main__":
    main()
