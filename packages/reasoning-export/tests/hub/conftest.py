"""A Hub on this machine: the calls that huggingface_hub makes to upload a model."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

LARGE = 1000
"""Bytes from which a file is sent to the store of large files."""


@dataclass
class Repo:
    """A model repository: who may see it, and its files."""

    private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    commits: int = 0


@dataclass
class HubServer:
    """What it knows and what it was sent.

    Attributes:
        port: Where it listens.
        repos: By id.
        blobs: Large files by SHA-256.
        calls: Method and path, in order.
        role: Of the token.
        refuse: By a part of the path: the status to answer with, and how often.
        break_after: Close the connection once after this many bytes of a large file.
    """

    port: int = 0
    repos: dict[str, Repo] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    role: str = "write"
    refuse: dict[str, list[int]] = field(default_factory=dict)
    break_after: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add(self, name: str, *, private: bool, **files: bytes) -> Repo:
        """A repository that was there before."""
        self.repos[name] = Repo(private, files)
        return self.repos[name]

    def sent(self) -> int:
        """How many large files were sent."""
        return sum(call.startswith("PUT /blob/") for call in self.calls)


@contextmanager
def serve(state: HubServer) -> Iterator[HubServer]:
    """Run it until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def answer(self, status: int, value: object) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def refused(self) -> bool:
            state.calls.append(f"{self.command} {self.path}")
            for part, (status, times) in state.refuse.items():
                if part in self.path and times:
                    state.refuse[part][1] -= 1
                    self.rfile.read(int(self.headers.get("Content-Length") or 0))
                    self.answer(status, {"error": "not today"})
                    return True
            return False

        def body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def do_GET(self) -> None:
            if self.refused():
                return
            if self.path == "/api/whoami-v2":
                token = {"role": state.role, "displayName": "t"}
                who = {"name": "ann", "orgs": [{"name": "Lab"}], "auth": {"accessToken": token}}
                known = self.headers.get("Authorization") == "Bearer hf_good"
                self.answer(200 if known else 401, who if known else {"error": "Invalid"})
                return
            repo = state.repos.get(self.path.removeprefix("/api/models/").split("/revision")[0])
            if repo is None:
                self.answer(404, {"error": "Repository not found"})
                return
            files = [{"rfilename": name} for name in (".gitattributes", *repo.files)]
            facts = {"id": "x", "sha": "a" * 40, "private": repo.private, "siblings": files}
            self.answer(200, facts)

        def do_POST(self) -> None:
            if self.refused():
                return
            body = self.body()
            if self.path == "/api/repos/create":
                asked = json.loads(body)
                name = f"{asked['organization']}/{asked['name']}"
                there = name in state.repos
                if not there:
                    state.repos[name] = Repo(asked.get("visibility") == "private")
                self.answer(409 if there else 200, {"url": f"{state.address}/{name}"})
            elif self.path == "/api/validate-yaml":
                self.answer(200, {"warnings": [], "errors": []})
            elif "/preupload/" in self.path:
                files = [
                    {
                        "path": file["path"],
                        "uploadMode": "lfs" if file["size"] >= LARGE else "regular",
                        "shouldIgnore": False,
                    }
                    for file in json.loads(body)["files"]
                ]
                self.answer(200, {"files": files})
            elif self.path.endswith("/objects/batch"):
                objects: list[dict[str, Any]] = []
                for wanted in json.loads(body)["objects"]:
                    found = {"oid": wanted["oid"], "size": wanted["size"]}
                    if wanted["oid"] not in state.blobs:
                        href = f"{state.address}/blob/{wanted['oid']}"
                        found["actions"] = {"upload": {"href": href}}
                    objects.append(found)
                self.answer(200, {"transfer": "basic", "objects": objects})
            elif "/commit/" in self.path:
                self.commit(body)
            else:
                self.answer(404, {"error": self.path})

        def commit(self, body: bytes) -> None:
            name = self.path.removeprefix("/api/models/").split("/commit/")[0]
            files = dict(state.repos[name].files)
            for line in body.splitlines():
                entry = json.loads(line)
                value = entry["value"]
                match entry["key"]:
                    case "file":
                        files[value["path"]] = base64.b64decode(value["content"])
                    case "lfsFile":
                        files[value["path"]] = state.blobs[value["oid"]]
                    case "deletedFile":
                        del files[value["path"]]
            state.repos[name].files = files
            state.repos[name].commits += 1
            url = f"{state.address}/{name}/commit/{'b' * 40}"
            self.answer(200, {"commitUrl": url, "commitOid": "b" * 40, "success": True})

        def do_PUT(self) -> None:
            if self.refused():
                return
            if self.path.endswith("/settings"):
                name = self.path.removeprefix("/api/models/").removesuffix("/settings")
                asked = json.loads(self.body())
                state.repos[name].private = asked.get("visibility") == "private"
                self.answer(200, {})
                return
            length = int(self.headers.get("Content-Length") or 0)
            if state.break_after and length > state.break_after:
                self.rfile.read(state.break_after)
                state.break_after = 0
                self.connection.close()
                self.close_connection = True
                return
            oid, data = self.path.rsplit("/", 1)[1], self.rfile.read(length)
            assert hashlib.sha256(data).hexdigest() == oid
            state.blobs[oid] = data
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
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A local Hub, huggingface_hub pointed at it, and a token that it knows."""
    with serve(HubServer()) as state:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", state.address)
        # The newer store of large files, Xet, is a service of its own; tested is the one by LFS.
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
        monkeypatch.setenv("HF_TOKEN", "hf_good")
        yield state
