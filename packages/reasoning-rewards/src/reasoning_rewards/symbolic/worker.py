"""The subprocess of `judge`: reads `[prediction, gold]` lines, answers `true` or `false`.

Run by `WorkerProcess` as `python -m reasoning_rewards.symbolic.worker PARENT_PID LIMIT_S`. It ends
with its standard input, and a watch ends it when the parent has gone while sympy is busy. A
question that takes more than LIMIT_S seconds of processor time ends it by SIGPROF.
"""

import json
import logging
import os
import signal
import sys
import threading
import time
from typing import Any


def main() -> None:
    parent, limit_s = int(sys.argv[1]), float(sys.argv[2])
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    logging.disable(logging.CRITICAL)
    import math_verify  # type: ignore[import-untyped, import-not-found, unused-ignore]

    # LaTeX only: for plain expressions Math-Verify calls sympy's `parse_expr`, which uses `eval`.
    latex_only = [math_verify.LatexExtractionConfig()]

    # Without Math-Verify's own time limits: they are seconds on the wall, and on a busy machine
    # they turn equal answers into different ones.
    def read(text: str) -> Any:
        return math_verify.parse(
            _delimited(text), extraction_config=latex_only, parsing_timeout=None
        )

    def same(prediction: str, gold: str) -> bool:
        return bool(math_verify.verify(read(gold), read(prediction), timeout_seconds=None))

    same("x+1", "1+x")  # builds the grammar, so that the first question does not pay for it
    print("ready", flush=True)
    for line in sys.stdin:
        prediction, gold = json.loads(line)
        _limit_processor_time(limit_s)
        try:
            verdict = same(prediction, gold)
        except Exception:  # whatever sympy throws at strange input, the answer is no
            verdict = False
        _limit_processor_time(0.0)
        print("true" if verdict else "false", flush=True)


def _delimited(text: str) -> str:
    return text if "$" in text or "\\boxed" in text else f"${text}$"


def _limit_processor_time(seconds: float) -> None:
    """End this process once it has used so much more processor time; 0 takes the limit away.

    The kernel counts and kills: a handler in Python would not run inside a long computation in C.
    Windows has no such timer; there the caller's limit on the wall is the only one.
    """
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(0)


if __name__ == "__main__":
    main()
