"""Show that `evaluation/scorers.py` scores as lm-evaluation-harness does, by running its code.

    python interop/check_lm_eval.py GSM8K_FOLDER [PREDICTIONS.jsonl …]

Needs lm_eval, so it runs in an environment of its own; this package need not be there. The task
`gsm8k` is read from the harness's own files. Texts are GSM8K's real solutions, spoilt ones (other
marks, cut anywhere, numbers written otherwise), and the completions of prediction files.
"""

import importlib.util
import json
import random
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import lm_eval.tasks
import yaml
from lm_eval.api.metrics import exact_match_hf_evaluate
from lm_eval.filters.extraction import RegexFilter

SCORERS = Path(__file__).parent.parent / "src/reasoning_train/evaluation/scorers.py"
TASK = Path(lm_eval.tasks.__file__).parent / "gsm8k" / "gsm8k.yaml"


def our_scorers() -> ModuleType:
    """The module alone, without the packages that the rest of reasoning-train needs."""
    spec = importlib.util.spec_from_file_location("scorers", SCORERS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def spoilt(solution: str, rng: random.Random) -> Iterator[str]:
    """The same solution as a careless model might write it."""
    yield solution[: rng.randrange(len(solution) + 1)]
    yield solution.replace("#### ", rng.choice(["####", "The answer is ", "#### $", "#### -"]))
    yield solution + rng.choice([".", ".\n", " apples", "\n\nQuestion: 3?", "\n#### 7", ",", "..."])
    before, _, gold = solution.rpartition("#### ")
    yield f"<reasoning>{before}</reasoning><answer>{gold}</answer>"
    yield f"#### {gold}.{rng.choice(['', '0', '00'])}"


def cases(folder: Path, predictions: list[Path]) -> Iterator[tuple[str, str]]:
    """Completions with references."""
    rng = random.Random(0)
    for split in ("train", "test"):
        for line in (folder / f"{split}.jsonl").read_text(encoding="utf-8").splitlines():
            solution = json.loads(line)["answer"]
            yield solution, solution
            yield from ((text, solution) for text in spoilt(solution, rng))
    for path in predictions:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield row["completion"], row["gold"]


def main(folder: Path, predictions: list[Path]) -> None:
    task = yaml.safe_load(TASK.read_text(encoding="utf-8"))
    (metric,) = task["metric_list"]
    arguments = {k: metric[k] for k in ("ignore_case", "ignore_punctuation", "regexes_to_ignore")}
    ours = our_scorers()
    extractors = {"strict-match": ours.extract_strict, "flexible-extract": ours.extract_flexible}
    found = {pipeline["name"]: pipeline["filter"] for pipeline in task["filter_list"]}
    assert found.keys() == extractors.keys(), found
    rows = list(cases(folder, predictions))
    print(f"lm_eval {version('lm_eval')}, gsm8k version {task['metadata']['version']}")
    for name, extract in extractors.items():
        settings = {k: v for k, v in found[name][0].items() if k != "function"}
        filtered = RegexFilter(**settings).apply([[text] for text, _ in rows], [{}] * len(rows))
        right = 0
        for (text, reference), (theirs,) in zip(rows, filtered, strict=True):
            assert extract(text) == theirs, (name, text)
            score = exact_match_hf_evaluate([theirs], [reference], **arguments)["exact_match"]
            assert ours.exact_match(extract(text), reference) == bool(score), (name, text)
            right += bool(score)
        print(f"{name}: the same on {len(rows)} texts, {right} of them right")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(argument) for argument in sys.argv[2:]])
