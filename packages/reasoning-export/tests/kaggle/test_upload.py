"""Uploads to a server on this machine that speaks the calls kagglehub makes."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from reasoning_export import ExportError
from reasoning_export.card.provenance import Kind
from reasoning_export.cli import main
from reasoning_export.errors import UploadError
from reasoning_export.kaggle.model_folder import Wishes, stage_kaggle
from reasoning_export.kaggle.upload import upload

kaggle_env = pytest.importorskip("kagglesdk.kaggle_env", reason="needs reasoning-export[kaggle]")


@dataclass
class KaggleServer:
    """What it knows and what it was sent.

    Attributes:
        port: Where it listens.
        models: Models that exist, `owner/slug`.
        instances: Variations that exist.
        calls: Names of the calls and their bodies, in order.
        blobs: Bytes by upload token.
        names: File name by upload token.
        break_after: Close the connection once after this many bytes of a file.
        refuse: Status to answer every call with, if not 0.
    """

    port: int = 0
    models: set[str] = field(default_factory=set)
    instances: set[str] = field(default_factory=set)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    blobs: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    break_after: int = 0
    refuse: int = 0

    def files(self) -> dict[str, bytes]:
        """What was uploaded, by path, as the last created variation or version arranges it."""
        body = self.calls[-1][1]["body"]
        found: dict[str, bytes] = {}

        def walk(prefix: str, node: dict[str, Any]) -> None:
            for file in node.get("files", []):
                found[prefix + self.names[file["token"]]] = self.blobs[file["token"]]
            for child in node.get("directories", []):
                walk(f"{prefix}{child['name']}/", child)

        walk("", body)
        return found


@contextmanager
def serve(state: KaggleServer) -> Iterator[KaggleServer]:
    """Run it until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def answer(self, status: int, value: dict[str, Any], **headers: str) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            for name, text in headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            call = self.path.rsplit("/", 1)[1]
            state.calls.append((call, body))
            if state.refuse:
                self.answer(state.refuse, {"code": state.refuse, "message": "not today"})
                return
            match call:
                case "GetModel":
                    name = f"{body['ownerSlug']}/{body['modelSlug']}"
                    known = name in state.models
                    self.answer(200 if known else 404, {"slug": body["modelSlug"]})
                case "CreateModel":
                    state.models.add(f"{body['ownerSlug']}/{body['slug']}")
                    self.answer(200, {"id": 1})
                case "StartBlobUpload":
                    token = f"t{len(state.blobs)}"
                    state.blobs[token], state.names[token] = b"", body["name"]
                    url = f"http://127.0.0.1:{state.port}/upload/{token}"
                    self.answer(200, {"token": token, "createUrl": url})
                case "CreateModelInstance":
                    name = body["body"]["instanceSlug"]
                    if name in state.instances:
                        self.answer(200, {"error": "exists", "errorCode": 409})
                    else:
                        state.instances.add(name)
                        self.answer(200, {"id": 2})
                case "CreateModelInstanceVersion":
                    self.answer(200, {"id": 3})
                case _:
                    self.answer(404, {"code": 404, "message": call})

        def do_PUT(self) -> None:
            token = self.path.rsplit("/", 1)[1]
            length = int(self.headers.get("Content-Length") or 0)
            spoken = self.headers.get("Content-Range", "bytes */0")
            if spoken.startswith("bytes */") and length == 0 and state.blobs[token]:
                end = len(state.blobs[token]) - 1
                self.answer(308, {}, Range=f"bytes=0-{end}")
                return
            if state.break_after and length > state.break_after:
                state.blobs[token] += self.rfile.read(state.break_after)
                state.break_after = 0
                self.connection.close()
                self.close_connection = True
                return
            state.blobs[token] += self.rfile.read(length)
            self.answer(200, {})

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def server(monkeypatch):
    """A local Kaggle, and kagglehub pointed at it."""
    with serve(KaggleServer()) as state:
        endpoint = f"http://127.0.0.1:{state.port}"
        monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.TEST, endpoint)
        monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "TEST")
        monkeypatch.setenv("KAGGLE_API_TOKEN", "not-a-token")
        yield state


@pytest.fixture
def staged(make_golden, tmp_path):
    out = tmp_path / "out"
    stage_kaggle(make_golden().run, out, Kind.ORBAX, Wishes(owner="ann", licence="MIT"))
    return out


def uploaded_files(out):
    files = out / "files"
    return {
        path.relative_to(files).as_posix(): path.read_bytes()
        for path in files.rglob("*")
        if path.is_file() and path.name != "model-instance-metadata.json"
    }


def test_a_new_model_is_created_with_every_file_in_its_folder(server, staged):
    assert upload(staged, "first") == "ann/tiny-gemma3-reasoning/jax/grpo-lora"
    assert server.models == {"ann/tiny-gemma3-reasoning"}
    call, body = server.calls[-1]
    assert call == "CreateModelInstance"
    assert body["body"]["licenseName"] == "MIT"
    assert server.files() == uploaded_files(staged)
    assert any(name.startswith("actor/7/model_params/d/") for name in server.files())


def test_a_variation_that_exists_gets_a_new_version(server, staged):
    upload(staged)
    upload(staged, "second")
    call, body = server.calls[-1]
    assert call == "CreateModelInstanceVersion"
    assert body["body"]["versionNotes"] == "second"


def test_a_connection_that_breaks_in_the_middle_of_a_file_goes_on(server, staged):
    server.break_after = 100
    upload(staged)
    assert server.break_after == 0
    assert server.files() == uploaded_files(staged)


def test_a_refusal_leaves_the_staged_folder_for_another_try(server, staged):
    before = uploaded_files(staged)
    server.refuse = 500
    with pytest.raises(UploadError, match="run the upload again"):
        upload(staged)
    server.refuse = 0
    assert uploaded_files(staged) == before
    upload(staged)


def test_no_network_is_said_so(server, staged, monkeypatch):
    monkeypatch.setitem(
        kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.TEST, "http://127.0.0.1:9"
    )
    with pytest.raises(UploadError, match="complete"):
        upload(staged)


def test_a_changed_file_is_not_uploaded(server, staged):
    (staged / "files" / "README.md").write_text("changed")
    with pytest.raises(ExportError, match=r"README\.md.*changed"):
        upload(staged)
    assert server.calls == []


def test_an_unknown_owner_is_not_uploaded(make_golden, tmp_path, monkeypatch):
    monkeypatch.delenv("KAGGLE_USERNAME", raising=False)
    made = stage_kaggle(make_golden().run, tmp_path / "out")
    assert any("owner" in line for line in made.warnings)
    with pytest.raises(ExportError, match="--owner"):
        upload(tmp_path / "out")


def test_missing_credentials_are_named(staged, tmp_path):
    """In a process of its own: kagglehub remembers credentials."""
    environment = {key: value for key, value in os.environ.items() if "KAGGLE" not in key}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path\n"
            "from reasoning_export.kaggle.upload import upload\nupload(Path(sys.argv[1]))",
            staged,
        ],
        env=environment | {"HOME": str(tmp_path), "KAGGLE_CONFIG_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "no Kaggle credentials" in done.stderr.splitlines()[-1]


def command(*arguments):
    """Exit code of `reasoning-export kaggle … --owner ann --upload`."""
    try:
        main(["kaggle", *map(str, arguments), "--owner", "ann", "--upload"])
    except SystemExit as stop:
        return stop.code
    return 0


def test_the_same_command_again_uploads_what_is_staged(server, make_golden, tmp_path, capsys):
    run, out = make_golden().run, tmp_path / "out"
    server.refuse = 500
    assert command(run, out) == 1
    assert "run the upload again" in capsys.readouterr().err
    written = (out / "files/export.json").stat().st_mtime_ns
    server.refuse = 0
    assert command(run, out) == 0
    assert (out / "files/export.json").stat().st_mtime_ns == written
    assert server.files() == uploaded_files(out)
    assert command(run, out, "--variation", "other") == 2
    assert "choose another folder" in capsys.readouterr().err
    shutil.copytree(run / "checkpoints/actor/7", run / "checkpoints/actor/8")
    (run / "checkpoints/actor/8/model_params/note").write_text("other")
    assert command(run, out) == 2
    assert "stale" in capsys.readouterr().err


def test_nothing_is_exported_for_an_upload_that_cannot_begin(make_golden, tmp_path, monkeypatch):
    monkeypatch.setattr("kagglehub.config.get_kaggle_credentials", lambda: None)
    assert command(make_golden().run, tmp_path / "out") == 2
    assert not (tmp_path / "out").exists()


def test_the_metadata_files_say_the_same(staged):
    model = json.loads((staged / "model-metadata.json").read_text())
    instance = json.loads((staged / "files/model-instance-metadata.json").read_text())
    assert (model["ownerSlug"], model["slug"]) == (instance["ownerSlug"], instance["modelSlug"])
    assert model["isPrivate"] is True
    assert instance["framework"] == "jax"
