"""How much arithmetic a base model knows in plain text: GRPO can only bring out what is there.

    python packages/reasoning-train/benchmarks/base_skill.py [--model gemma3-270m] [--n 40]

Equations of each kind are completed greedily after five worked ones; seed 0.
"""

import argparse
import random
import re
from collections.abc import Callable

from reasoning_train.engine.generation import Generator, Lengths
from reasoning_train.engine.mesh import make_mesh
from reasoning_train.engine.model import load_base
from reasoning_train.loop.host_memory import keep_freed_memory
from reasoning_train.models import locate_base
from reasoning_train.models.tokenizer import Tokenizer

SHOTS = "24+15=39.\n61-20=41.\n37+8=45.\n42-7=35.\n6*3=18.\n"
PROMPT, ANSWER = 72, 6

Equation = tuple[str, int]


def plus(a: int, b: int) -> Equation:
    return f"{a}+{b}=", a + b


def minus(a: int, b: int) -> Equation:
    return f"{max(a, b)}-{min(a, b)}=", abs(a - b)


def times(a: int, b: int) -> Equation:
    return f"{a}*{b}=", a * b


KINDS: dict[str, tuple[Callable[[int, int], Equation], range, range]] = {
    "two digits + two digits": (plus, range(10, 61), range(10, 40)),
    "two digits - two digits": (minus, range(40, 91), range(10, 40)),
    "two digits + one digit": (plus, range(10, 100), range(2, 10)),
    "two digits - one digit": (minus, range(10, 100), range(2, 10)),
    "one digit + one digit": (plus, range(2, 10), range(2, 10)),
    "one digit * one digit": (times, range(2, 10), range(2, 10)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="gemma3-270m")
    parser.add_argument("--n", type=int, default=40, help="equations of a kind")
    options = parser.parse_args()
    keep_freed_memory()
    folder, mesh = locate_base(options.model).folder, make_mesh()
    model = load_base(folder, dtype="float32", remat=False, mesh=mesh)
    tokenizer = Tokenizer(folder / "tokenizer.model")
    generator = Generator(model, tokenizer, Lengths(PROMPT, ANSWER), mesh)
    rng = random.Random(0)
    for name, (kind, first, second) in KINDS.items():
        equations = [kind(rng.choice(first), rng.choice(second)) for _ in range(options.n)]
        texts = generator.greedy([SHOTS + question for question, _ in equations]).texts
        answers = [re.match(r"\d+", text) for text in texts]
        right = sum(
            found is not None and int(found.group()) == value
            for found, (_, value) in zip(answers, equations, strict=True)
        )
        print(f"{name}: {right} of {options.n}", flush=True)


if __name__ == "__main__":
    main()
