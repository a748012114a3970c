"""Can the small Gemma judge? AUROC of its P(yes) for right and corrupted solutions of GSM8K.

    python packages/reasoning-train/benchmarks/yes_no_judge.py DATA/gsm8k/test.jsonl [--n 50]

Of each problem the data set's own solution is shown once as it is and once with its last result
changed, with every later mention of it. The judge is asked, through the fence that a run uses,
whether the calculation is right; once as a chat, once as a text to continue. Two questions that
have nothing to do with being right, asked of the first solutions, show whether it says yes and no
at all. Seed 0.
"""

import argparse
import json
import random
import re
import time
from pathlib import Path

from reasoning_rewards.judge import JudgeItem, Question
from reasoning_train.engine.mesh import make_mesh
from reasoning_train.engine.model import load_base
from reasoning_train.engine.yes_no import YesNo
from reasoning_train.evaluation.auroc import auroc, auroc_interval
from reasoning_train.loop.host_memory import keep_freed_memory
from reasoning_train.models import locate_base
from reasoning_train.models.tokenizer import Tokenizer
from reasoning_train.reward.local_judge import TEMPLATES, shown_prompt

SANITY = 20
"""Solutions that the other questions are asked of."""
ITEMS = (
    JudgeItem("right", "Is the calculation in the text right, and so the answer at its end?"),
    JudgeItem("numbers", "Does the text contain a number?"),
    JudgeItem("french", "Is the text written in French?"),
)


def corrupted(solution: str, rng: random.Random) -> str:
    """Return a solution whose last result is another number, wherever it is mentioned."""
    answer = solution.rsplit("####", 1)[1].strip().replace(",", "")
    wrong = int(answer) + rng.choice([-1, 1]) * rng.randint(1, max(2, abs(int(answer)) // 3))
    head, _, tail = solution.rpartition("<<")
    mention = re.compile(rf"(?<![\d.]){answer}(?![\d]|\.\d)")
    return head + "<<" + mention.sub(str(wrong), tail.replace(",", ""))


def plain(solution: str) -> str:
    return re.sub(r"<<.*?>>", "", solution).replace("#### ", "Answer: ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--model", default="gemma3-270m")
    parser.add_argument("--n", type=int, default=50, help="problems, each with two solutions")
    options = parser.parse_args()
    keep_freed_memory()
    rng = random.Random(0)
    rows = [json.loads(line) for line in options.file.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if "<<" in row["answer"] and len(row["answer"]) < 600]
    rows = [row for row in rows if row["answer"].rsplit("####")[-1].strip().isdigit()]
    chosen = rng.sample(rows, options.n)
    texts = [
        (row["question"], plain(text), text is row["answer"])
        for row in chosen
        for text in (row["answer"], corrupted(row["answer"], rng))
    ]
    right = [label for *_, label in texts]
    folder, mesh = locate_base(options.model).folder, make_mesh()
    model = load_base(folder, dtype="float32", remat=False, mesh=mesh)
    judge = YesNo(model, Tokenizer(folder / "tokenizer.model"), mesh, length=640, rows=10)
    for template in TEMPLATES:
        for item in ITEMS:
            begun = time.monotonic()
            asked = texts if item.name == "right" else texts[:SANITY]
            prompts = [shown_prompt(Question(item, q, text), template) for q, text, _ in asked]
            values = judge(prompts)
            kept = [(v, ok) for v, ok in zip(values, right, strict=False) if v is not None]
            scores, labels = [v for v, _ in kept], [ok for _, ok in kept]
            interval = auroc_interval(scores, labels)
            print(
                f"{template:5} {item.name:8} AUROC {auroc(scores, labels):.3f} "
                f"[{interval.low:.3f}, {interval.high:.3f}]  mean P(yes) "
                f"{sum(scores) / len(scores):.3f}  n {len(kept)}  "
                f"{time.monotonic() - begun:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
