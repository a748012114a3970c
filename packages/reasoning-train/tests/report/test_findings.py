"""A clean run has nothing to warn about; every kind of damage has its own warning."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reasoning_train.report.findings import Level, findings, merged
from reasoning_train.report.load import load_run


def change(path: Path, edit: Callable[[dict], None]) -> None:  # type: ignore[type-arg]
    """Change every JSON object of a file."""
    text = path.read_text()
    lines = [text] if path.suffix == ".json" else text.splitlines()
    records = [json.loads(line) for line in lines]
    for record in records:
        edit(record)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def values(**new: float | None) -> Callable[[dict], None]:  # type: ignore[type-arg]
    return lambda record: record["values"].update(new)


def hack(record: dict) -> None:  # type: ignore[type-arg]
    record |= {"correct": True, "correctness": 1.0, "completion": "<answer>0</answer>"}


def drop(*parts: str) -> Callable[[Path], None]:
    return lambda root: (root.joinpath(*parts)).unlink()


def append(text: str, *parts: str) -> Callable[[Path], None]:
    def act(root: Path) -> None:
        with root.joinpath(*parts).open("a") as file:
            file.write(text)

    return act


def edit(with_: Callable[[dict], None], *parts: str) -> Callable[[Path], None]:  # type: ignore[type-arg]
    return lambda root: change(root.joinpath(*parts), with_)


def all_rollouts(with_: Callable[[dict], None]) -> Callable[[Path], None]:  # type: ignore[type-arg]
    def act(root: Path) -> None:
        for path in (root / "rollouts").iterdir():
            records = pq.read_table(path).to_pylist() * 30
            for record in records:
                with_(record)
            pq.write_table(pa.Table.from_pylist(records), path)

    return act


def other_questions(root: Path) -> None:
    path = root / "data" / "eval.parquet"
    table = pq.read_table(path)
    column = table.schema.get_field_index("question")
    pq.write_table(table.set_column(column, "question", [["?"] * table.num_rows]), path)


FEW = "Only 12 held-out problems"


def titles(root: Path) -> list[str]:
    """Return the titles of all warnings, except the one about the small size of these runs."""
    return [f.title for f in findings(load_run(root)) if f.title != FEW]


def chosen(step: int) -> Callable[[Path], None]:
    def act(root: Path) -> None:
        choice = {"step": step, "of": 4, "mean_reward": 0.5, "ci95": [0.4, 0.6], "n": 20}
        (root / "checkpoints").mkdir(exist_ok=True)
        (root / "checkpoints" / "best.json").write_text(json.dumps({**choice, "candidates": 3}))

    return act


SFT = ("evaluation", "sft.predictions.jsonl")
STATE = ("state.json",)


def test_a_clean_run_has_no_warning(make_run: Callable[[], Path]) -> None:
    root = make_run()
    assert titles(root) == []
    assert [(f.level, f.title) for f in findings(load_run(root))] == [(Level.NOTE, FEW)]


@pytest.mark.parametrize(
    ("damage", "level", "title"),
    [
        (edit(values(loss=float("nan")), "metrics.jsonl"), "serious", "SFT: loss not finite"),
        (edit(values(loss=None), "metrics.jsonl"), "serious", "GRPO: loss not finite"),
        (edit(values(skipped=1.0), "metrics.jsonl"), "serious", "loss or gradient not finite"),
        (edit(values(left_out=0.1), "metrics.jsonl"), "caution", "without a reward"),
        (edit(values(zero_variance_share=0.6), "metrics.jsonl"), "caution", "taught nothing"),
        (edit(values(zero_variance_share=0.95), "metrics.jsonl"), "serious", "taught nothing"),
        (all_rollouts(hack), "serious", "pays for wrong answers"),
        (edit(hack, *SFT), "caution", "SFT: rewarded, but wrong"),
        (edit(lambda r: r.update(finished=False), *SFT), "caution", "SFT: completions cut"),
        (all_rollouts(lambda r: r.update(finished=False)), "caution", "GRPO: rollouts cut"),
        (edit(lambda s: s["steps"].update(grpo=3), *STATE), "caution", "GRPO made 3 of 4 steps"),
        (edit(lambda s: s["done"].pop(), *STATE), "note", "not finished"),
        (drop("evaluation", "sft.json"), "note", "SFT: evaluation unfinished"),
        (drop(*SFT), "caution", "no predictions behind"),
        (edit(lambda r: r.update(n=99), "evaluation", "sft.json"), "caution", "over 99"),
        (edit(lambda r: r.update(id="x"), *SFT), "caution", "11 predictions repeat"),
        (edit(lambda r: r.update(gold="x"), *SFT), "serious", "belong to no held-out problem"),
        (edit(lambda r: r.update(id=r["id"] + "x"), *SFT), "serious", "belong to no held-out"),
        (chosen(0), "caution", "No checkpoint of GRPO earned a higher reward than SFT"),
        (chosen(3), "note", "was chosen among its checkpoints"),
        (append(" ", "data", "manifest.json"), "serious", "changed since training"),
        (other_questions, "serious", "held-out problems were changed"),
        (append("x", "data", "eval.parquet"), "caution", "cannot be read"),
        (append('{"step": 5', "metrics.jsonl"), "note", "1 damaged line was"),
        (append("{\n{", *SFT), "caution", "2 damaged lines were"),
        (append("{", "rollouts", "000001.parquet"), "note", "1 damaged line was"),
        (append("{", "config.toml"), "caution", "cannot be read"),
        (append("{", "state.json"), "caution", "cannot be read"),
        (append("{", "evaluation", "base.json"), "caution", "cannot be read"),
    ],
)
def test_each_damage_has_its_warning(
    make_run: Callable[[], Path], damage: Callable[[Path], None], level: str, title: str
) -> None:
    root = make_run()
    sha = load_run(root).data_manifest_sha256
    change(root / "manifest.json", lambda m: m.update(data_manifest_sha256=sha))
    assert titles(root) == []
    damage(root)
    found = [(f.level.value, f.title) for f in findings(load_run(root))]
    assert any(f[0] == level and title in f[1] for f in found), found


def test_all_evaluations_gone(make_run: Callable[[], Path]) -> None:
    root = make_run()
    for path in (root / "evaluation").iterdir():
        path.unlink()
    assert titles(root) == ["No evaluation yet"]


def test_one_evaluation_gone_from_a_finished_run(make_run: Callable[[], Path]) -> None:
    root = make_run()
    for path in (root / "evaluation").glob("sft.*"):
        path.unlink()
    assert titles(root) == ["Missing evaluation: SFT"]


def test_the_serious_come_first_and_the_examples_are_kept(make_run: Callable[[], Path]) -> None:
    root = make_run()
    edit(lambda s: s["done"].pop(), *STATE)(root)
    all_rollouts(hack)(root)
    found = findings(load_run(root))
    assert [f.level for f in found] == sorted((f.level for f in found), key=list(Level).index)
    assert found[0].examples[0].completion == "<answer>0</answer>"
    assert {f.run for f in found} == {"run"}


def test_the_clock_is_named(make_run: Callable[..., Path]) -> None:
    root = make_run(flags=["--budget", "20m"])
    edit(lambda s: s["steps"].update(grpo=3), *STATE)(root)
    assert "budget 20m" in findings(load_run(root))[0].text


def test_the_same_warning_about_several_runs_is_one(make_run: Callable[..., Path]) -> None:
    roots = [make_run(name) for name in "abc"]
    for root in roots[:2]:
        all_rollouts(hack)(root)
        edit(values(loss=float("nan")), "metrics.jsonl")(root)
    (roots[1] / "rollouts" / "000001.parquet").unlink()
    edit(lambda s: s["done"].pop(), *STATE)(roots[2])
    found = merged([f for root in roots for f in findings(load_run(root))])
    hacked, loss, *_, unfinished = found
    assert (loss.run, loss.text.count("Of 6 steps")) == ("a, b", 1)  # said of both in one breath
    assert (hacked.title, hacked.run) == ("The reward pays for wrong answers", "a, b")
    assert hacked.text.count("During training") == 2
    assert hacked.text.startswith("a: During training ")
    assert len(hacked.examples) == 4
    assert (unfinished.title, unfinished.run) == ("This run is not finished", "c")
    assert "only its export is missing" in unfinished.text.lower()
