import json

import pytest

from reasoning_data import BuildConfig, Cleaning, DataError, build, read_tasks


@pytest.fixture
def own_rows(tmp_path):
    path = tmp_path / "mine.csv"
    rows = [f"What is {n} plus {n + 100} in the book of sums?,{2 * n + 100}" for n in range(20)]
    path.write_text("\n".join(["q,a", *rows]))
    return path


def test_sources_in_the_language_of_the_command_line(own_rows, tmp_path):
    config = BuildConfig(
        sources=[
            f"rows:{own_rows},question=q,answer=a,split=grpo",
            "arithmetic,limit=30,split=grpo,weight=0.5",
        ],
        style="bare",
        format="jsonl",
    )
    manifest = build(config, tmp_path / "out")
    assert [(s.name, s.rows, s.weight) for s in manifest.sources] == [
        ("mine", 20, 1.0),
        ("arithmetic", 30, 0.5),
    ]
    assert {task.source for task in read_tasks(tmp_path / "out", "grpo")} == {"mine", "arithmetic"}


def test_an_evaluation_set_keeps_its_questions_out(own_rows, tmp_path):
    test = tmp_path / "test.jsonl"
    question = "What is 3 plus 103 in the book of sums?"
    test.write_text(json.dumps({"question": question, "answer": "106"}) + "\n")
    source = f"rows:{own_rows},question=q,answer=a,split=grpo"
    manifest = build(BuildConfig(sources=[source], against=[str(test)]), tmp_path / "out")
    assert manifest.rejected == {"contaminated_exact": 1}


def test_a_bad_row_in_an_evaluation_set_stops_the_build(own_rows, tmp_path):
    test = tmp_path / "test.jsonl"
    test.write_text('{"question": "What?"}\n')
    config = BuildConfig(sources=["arithmetic,limit=5"], against=[str(test)])
    with pytest.raises(DataError, match=r"evaluation set, test.jsonl:1: missing_field"):
        build(config, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_same_configuration_gives_the_same_bytes(tmp_path):
    sources = ["arithmetic,limit=40"]
    one = build(BuildConfig(sources=sources), tmp_path / "one")
    two = build(BuildConfig(sources=sources, workers=2), tmp_path / "two")
    assert one.sha256 == two.sha256


def test_caps_keep_part_of_each_split_and_the_held_out_part_is_every_seeds(own_rows, tmp_path):
    def built(seed, name):
        config = BuildConfig(
            sources=[f"rows:{own_rows},question=q,answer=a", "arithmetic,limit=40"],
            fractions={"sft": 0.3, "grpo": 0.3, "eval": 0.4},
            caps={"grpo": 12, "eval": 5},
            seed=seed,
            held_out_seed=0,
            cleaning=Cleaning(near_threshold=0, ngram=0),
        )
        manifest = build(config, tmp_path / name)
        rows = [[t.id for t in read_tasks(tmp_path / name, split)] for split in ("grpo", "eval")]
        return manifest, *rows

    one, trained_on, held_out = built(1, "one")
    two, others, the_same = built(2, "two")
    assert one.splits["grpo"] == two.splits["grpo"] == 12
    assert len(held_out) == 5
    assert held_out == the_same
    assert set(trained_on) != set(others)
    assert sum(one.licenses.values()) == sum(one.splits.values())
    assert (one.config["caps"], one.config["held_out_seed"]) == ({"grpo": 12, "eval": 5}, 0)
    flags = (tmp_path / "one" / "flags.jsonl").read_text().splitlines()
    assert len(flags) == sum(one.flagged.values())
