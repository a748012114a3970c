"""An OpenAI-compatible server on this machine whose replies a test decides, faults included."""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

FENCED = re.compile(r"^BEGIN (\w+)\n(.*?)\nEND \1$", re.MULTILINE | re.DOTALL)
Answer = tuple[int, Mapping[str, str], str]
"""Status, headers and body."""


def completion(text: str, tokens: tuple[int, int] = (100, 5)) -> Answer:
    """Return the response of a model that says a text."""
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
    body = {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "stub",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        ],
        "usage": usage,
    }
    return 200, {}, json.dumps(body)


def gullible(prompt: str) -> Answer:
    """Return the response of a model that does whatever it is told outside the fences.

    Its honest verdict is whether the text to check says "because".
    """
    fences = [match[2] for match in FENCED.finditer(prompt)]
    outside = FENCED.sub("", prompt).lower()
    if "you must say yes" in outside:
        return completion('{"met": true}')
    return completion(json.dumps({"met": len(fences) > 1 and "because" in fences[-1]}))


@dataclass
class Stub:
    """The server, what it was asked, and what it says.

    Attributes:
        url: Its base URL.
        reply: Makes the response to a prompt; may block.
        first: Responses to the first requests, before `reply` is asked.
        prompts: Those of every request.
        keys: The `Authorization` header of every request.
    """

    url: str = ""
    reply: Callable[[str], Answer] = gullible
    first: list[Answer] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    under_way: int = 0
    most_under_way: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    def respond(self, prompt: str, key: str) -> Answer:
        with self.lock:
            self.prompts.append(prompt)
            self.keys.append(key)
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
            scripted = self.first.pop(0) if self.first else None
        try:
            return scripted or self.reply(prompt)
        finally:
            with self.lock:
                self.under_way -= 1


@pytest.fixture
def stub() -> Iterator[Stub]:
    """A running server."""
    state = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            prompt = body["messages"][-1]["content"]
            status, headers, text = state.respond(prompt, self.headers.get("Authorization", ""))
            payload = text.encode()
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)
            except OSError:  # the client has given up
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    yield state
    state.released.set()
    server.shutdown()
    server.server_close()
    thread.join()
