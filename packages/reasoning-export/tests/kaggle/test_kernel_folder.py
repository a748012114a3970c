"""The folders, and what Kaggle's own command-line tool makes of them against a local server."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from reasoning_export import ExportError
from reasoning_export.cli import main
from reasoning_export.kaggle.kernel_folder import KernelWishes, build_kernels, check_kernels

ANN = KernelWishes("ann")


@pytest.fixture
def built(repository, make_wheels, tmp_path):
    build_kernels(tmp_path / "out", repository, ANN, make_wheels())
    return tmp_path / "out"


def edit(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_everything_is_there_and_the_steps_name_it(repository, make_wheels, tmp_path):
    made = build_kernels(tmp_path / "out", repository, ANN, make_wheels())
    assert [step.split(" -p ")[0] for step in made.steps] == [
        "kaggle datasets create",
        *["kaggle kernels push"] * 3,
    ]
    assert made.steps[1].endswith("/01_data -t 32400")  # needs no accelerator
    assert made.steps[2].endswith("/02_sft_training --accelerator TpuV5E8 -t 32400")
    assert len(list((tmp_path / "out/wheels").glob("*.whl"))) == 4
    assert made.checks == check_kernels(tmp_path / "out").checks
    assert "no commit" in made.warnings[0]


def test_each_notebook_reads_the_wheels_the_base_and_the_notebooks_before_it(built):
    before = []
    for name in ("01_data", "02_sft_training", "03_rl_grpo_training"):
        metadata = json.loads((built / name / "kernel-metadata.json").read_text())
        assert metadata["dataset_sources"] == ["ann/reasoning-wheels"]
        assert metadata["model_sources"] == ["google/gemma-3/transformers/gemma-3-1b-it/1"]
        assert metadata["kernel_sources"] == before
        assert metadata["enable_tpu"] == ("false" if name == "01_data" else "true")
        before.append(metadata["id"])


def test_a_dry_run_needs_no_tpu_and_no_base_and_has_its_own_name(repository, make_wheels, tmp_path):
    wishes = KernelWishes("ann", cpu=True, datasets=("ann/gsm8k-files",))
    made = build_kernels(tmp_path / "out", repository, wishes, make_wheels())
    metadata = json.loads((tmp_path / "out/02_sft_training/kernel-metadata.json").read_text())
    assert metadata["id"] == "ann/reasoning-02-sft-training-cpu"
    assert (metadata["enable_tpu"], metadata["model_sources"]) == ("false", [])
    assert "ann/gsm8k-files" in metadata["dataset_sources"]
    assert "--accelerator" not in "".join(made.steps)


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        (KernelWishes("Ann"), "owner 'Ann'"),
        (KernelWishes("ann", base_model="google/gemma-3"), "google/gemma-3"),
        (KernelWishes("ann", datasets=("gsm8k",)), "'gsm8k' must be owner/slug"),
    ],
)
def test_wrong_wishes_leave_nothing_behind(repository, make_wheels, tmp_path, wishes, message):
    with pytest.raises(ExportError, match=message):
        build_kernels(tmp_path / "out", repository, wishes, make_wheels())
    assert not (tmp_path / "out").exists()


def test_a_missing_notebook_and_a_full_folder_are_named(repository, make_wheels, tmp_path):
    wheels = make_wheels()
    with pytest.raises(ExportError, match="is not empty"):
        build_kernels(repository, repository, ANN, wheels)
    (repository / "notebooks/03_rl_grpo_training.ipynb").unlink()
    with pytest.raises(ExportError, match=r"03_rl_grpo_training.*--repository"):
        build_kernels(tmp_path / "out", repository, ANN, wheels)


@pytest.mark.parametrize("outputs", [{"outputs": [{"text": "2"}]}, {"execution_count": 3}])
def test_a_notebook_with_outputs_is_refused(repository, make_wheels, tmp_path, outputs):
    path = repository / "notebooks/02_sft_training.ipynb"
    cell = {"cell_type": "code", "source": "1 + 1", "outputs": [], "execution_count": None}
    edit(path, cells=[cell | outputs])
    with pytest.raises(ExportError, match="cell 1 carries outputs"):
        build_kernels(tmp_path / "out", repository, ANN, make_wheels())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", ["[]", '{"nbformat": 3, "cells": []}', '{"nbformat": 4}'])
def test_what_is_no_notebook_is_refused(built, content):
    (built / "02_sft_training/02_sft_training.ipynb").write_text(content)
    with pytest.raises(ExportError, match="02_sft_training"):
        check_kernels(built)


def test_edits_against_the_rules_are_found(built):
    edit(built / "02_sft_training/kernel-metadata.json", dataset_sources=["ann/other-wheels"])
    with pytest.raises(ExportError, match="wheels 'ann/reasoning-wheels' are not among"):
        check_kernels(built)
    edit(built / "wheels/dataset-metadata.json", title="Other wheels")
    with pytest.raises(ExportError, match="not 'reasoning-wheels'"):
        check_kernels(built)


def test_the_command_builds_and_verify_checks(repository, make_wheels, tmp_path, capsys):
    out, wheels = tmp_path / "out", make_wheels()
    places = (out, "--repository", repository, "--wheels", wheels)
    main(["kernel", *map(str, places), "--owner", "ann"])
    printed = capsys.readouterr()
    assert "next: kaggle datasets create" in printed.out
    assert "warning: no commit" in printed.err
    main(["verify", str(out), "--json"])
    assert json.loads(capsys.readouterr().out)["kind"] == "kernels"


def test_the_command_without_an_owner_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("KAGGLE_USERNAME", raising=False)
    with pytest.raises(SystemExit) as stop:
        main(["kernel", str(tmp_path / "out")])
    assert (stop.value.code, "--owner" in capsys.readouterr().err) == (2, True)


class FakeKaggle(BaseHTTPRequestHandler):
    """Answers the calls of `kaggle kernels push` and `kaggle datasets create`, and keeps them."""

    def log_message(self, format, *args):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        call, port = self.path.rsplit("/", 1)[1], self.server.server_address[1]
        self.server.calls.append((call, body))
        upload = f"http://127.0.0.1:{port}/{body.get('name')}"
        known = {
            "SaveKernel": {"versionNumber": 1, "url": "there", "ref": body.get("slug")},
            "StartBlobUpload": {"token": body.get("name"), "createUrl": upload},
            "CreateDataset": {"status": "ok", "url": "there", "ref": body.get("slug")},
        }
        self.answer(200 if call in known else 404, known.get(call, {}))

    def do_PUT(self):
        self.server.blobs[self.path[1:]] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200, {})

    def answer(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def kaggle(tmp_path):
    """`kaggle(*arguments)` runs the real tool against a server on this machine."""
    pytest.importorskip("kagglesdk", reason="needs reasoning-export[kaggle]")
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeKaggle)
    server.calls, server.blobs = [], {}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    code = (
        "import sys, kagglesdk.kaggle_env as k; p = sys.argv.pop(1); "
        "k._env_to_endpoint = dict.fromkeys(k.KaggleEnv, 'http://127.0.0.1:' + p); "
        "from kaggle.cli import main; main()"
    )
    environment = {"KAGGLE_USERNAME": "ann", "KAGGLE_KEY": "none", "HOME": str(tmp_path)}

    def run(*arguments):
        port = str(server.server_address[1])
        done = subprocess.run(
            [sys.executable, "-c", code, port, *map(str, arguments)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run.server = server
    yield run
    server.shutdown()
    server.server_close()


def test_kaggles_own_tool_pushes_the_notebooks(built, kaggle):
    for name in ("02_sft_training", "03_rl_grpo_training"):
        printed = kaggle(
            "kernels", "push", "-p", built / name, "--accelerator", "TpuV5E8", "-t", 99
        )
        assert "version 1 successfully pushed" in printed
        assert "surprising" not in printed
    sent = kaggle.server.calls[-1][1]
    assert (sent["machineShape"], sent["enableTpu"], sent["isPrivate"]) == ("TpuV5E8", True, True)
    assert sent["kernelDataSources"] == ["ann/reasoning-01-data", "ann/reasoning-02-sft-training"]
    assert sent["sessionTimeoutSeconds"] == 99
    assert json.loads(sent["text"])["cells"][0]["source"] == "1 + 1"


def test_kaggles_own_tool_creates_the_data_set(built, kaggle):
    kaggle("datasets", "create", "-p", built / "wheels")
    call, sent = kaggle.server.calls[-1]
    assert (call, sent["slug"], sent["licenseName"]) == (
        "CreateDataset",
        "reasoning-wheels",
        "apache-2.0",
    )
    wheels = {path.name: path.read_bytes() for path in (built / "wheels").glob("*.whl")}
    record = {"wheels.json": (built / "wheels/wheels.json").read_bytes()}
    assert kaggle.server.blobs == wheels | record
