from dataclasses import replace

from reasoning_train.report.load import RunView
from reasoning_train.report.tables import plan_of, provenance


def test_provenance_names_sources_steps_files_and_hashes(run: RunView) -> None:
    tables = {table.title: table for table in provenance(run)}
    assert tables["Sources"].rows[0][:2] == ("arithmetic", "arithmetic")
    assert ("eval", "12") in tables["Rows by split"].rows
    files = {row[0]: row for row in tables["Files"].rows}
    assert files["eval.parquet"][1] == "12"
    assert files["eval.parquet"][3] == run.held_out.sha256
    assert ("base config.json", "c0ffee") in tables["Base model, data and code"].rows
    assert tables["Rows left after each step"].rows[0][0] == "read"


def test_data_of_another_training_is_marked(run: RunView) -> None:
    def made_of(sha: str) -> str:
        changed = replace(run, manifest={"data_manifest_sha256": sha})
        return next(t for t in provenance(changed) if t.title == "Base model, data and code").rows[
            0
        ][1]

    assert "(that of the file" in made_of(run.data_manifest_sha256)
    assert "NOT" in made_of("beef")


def test_without_manifests_there_are_no_tables(run: RunView) -> None:
    assert provenance(replace(run, manifest={}, data_manifest={})) == []


def test_damaged_manifests_break_nothing(run: RunView) -> None:
    bad = {"sources": ["x", {"name": "y"}], "steps": [["a"], 3], "files": {"f": 1}, "splits": []}
    tables = provenance(replace(run, manifest={"packages": 3}, data_manifest=bad))
    assert [table.title for table in tables] == ["Sources"]


PLAN = {
    "fits": False,
    "topology": "v5e:2x4",
    "functions": {
        "sft step": {"memory_bytes": 3 * 2**30, "fits": True, "memory": {"x": 1}},
        "decode": 2**20,
    },
    "stages": {"sft": {"step_s": 0.5, "steps": 100}},
    "total_s": 7200.0,
    "hints": ["halve the batch"],
}


def test_the_plan_has_its_functions_with_memory_and_its_stages(run: RunView) -> None:
    plan = plan_of(replace(run, plan=PLAN))
    assert plan is not None
    assert (plan.fits, plan.topology, plan.hints) == (False, "v5e:2x4", ("halve the batch",))
    functions, stages, further = plan.tables
    assert functions.header == ("function", "memory", "fits")
    assert functions.rows == (("sft step", "3.00 GiB", "yes"), ("decode", "1.0 MiB", ""))
    assert stages.rows == (("sft", "0.5 s", "100"),)
    assert further.rows == (("total", "2 h 0 min"),)
    assert plan_of(run) is None


def test_a_long_table_says_what_it_leaves_out(run: RunView) -> None:
    counts = {"rejected": {f"reason {i}": i for i in range(300)}}
    table = provenance(replace(run, manifest={}, data_manifest=counts))[0]
    assert len(table.rows) == 200
    assert table.note == "100 more rows are not shown"
