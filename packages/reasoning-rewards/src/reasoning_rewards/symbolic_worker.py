"""The subprocess of `symbolic`: reads `[prediction, gold]` lines, answers `true` or `false`.

Run by `SymbolicJudge` as `python -m reasoning_rewards.symbolic_worker PARENT_PID`. It ends with its
standard input, and a watch ends it when the parent has gone while sympy is busy.
"""

import json
import logging
import os
import sys
import threading
import time
from typing import Any


def main() -> None:
    parent = int(sys.argv[1])
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    logging.disable(logging.CRITICAL)
    import math_verify  # type: ignore[import-untyped, import-not-found, unused-ignore]

    # LaTeX only: for plain expressions Math-Verify calls sympy's `parse_expr`, which uses `eval`.
    latex_only = [math_verify.LatexExtractionConfig()]

    def read(text: str) -> Any:
        return math_verify.parse(_delimited(text), extraction_config=latex_only)

    read("1")  # builds the grammar, so that the first question does not pay for it
    print("ready", flush=True)
    for line in sys.stdin:
        prediction, gold = json.loads(line)
        try:
            same = bool(math_verify.verify(read(gold), read(prediction)))
        except Exception:  # whatever sympy throws at strange input, the answer is no
            same = False
        print("true" if same else "false", flush=True)


def _delimited(text: str) -> str:
    return text if "$" in text or "\\boxed" in text else f"${text}$"


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(0)


if __name__ == "__main__":
    main()
