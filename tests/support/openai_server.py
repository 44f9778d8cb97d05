"""A real HTTP server on loopback that behaves like OpenAI-compatible servers do, well or badly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Handler", dict[str, Any]], None]


@dataclass
class Served:
    """A running server: its URL, what it was asked, and how many calls ran at once at most."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    most_at_once: int = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        answers = {
            "/v1/models": {"data": [{"id": self.server.model, "root": "/w", "max_model_len": 512}]},
            "/version": {"version": "9.9"},
            "/health": None,
        }
        known = self.path in answers and (self.path == "/v1/models" or self.server.is_vllm)
        if known:
            self.send_json(answers[self.path])
        else:
            self.send_json({"detail": "Not Found"}, status=404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.enter(body, dict(self.headers))
        try:
            self.server.next_behaviour()(self, body)
        finally:
            self.server.leave()

    def send_json(
        self, value: Any, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        data = b"" if value is None else json.dumps(value).encode()
        self.send_bytes(data, status=status, headers=headers)

    def send_bytes(
        self, data: bytes, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self, behaviours: Sequence[Behaviour], *, model: str, is_vllm: bool, port: int = 0
    ) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.model = model
        self.is_vllm = is_vllm
        self.closing = threading.Event()
        self.served = Served(f"http://127.0.0.1:{self.server_port}/v1")
        self._behaviours = list(behaviours)
        self._running = 0
        self._lock = threading.Lock()

    def next_behaviour(self) -> Behaviour:
        with self._lock:
            return self._behaviours.pop(0) if len(self._behaviours) > 1 else self._behaviours[0]

    def enter(self, body: dict[str, Any], headers: dict[str, str]) -> None:
        with self._lock:
            self.served.requests.append(body)
            self.served.headers.append(headers)
            self._running += 1
            self.served.most_at_once = max(self.served.most_at_once, self._running)

    def leave(self) -> None:
        with self._lock:
            self._running -= 1

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that hung up on a misbehaving server is what the tests provoke


@contextmanager
def serving(
    *behaviours: Behaviour, model: str = "test-model", is_vllm: bool = True
) -> Iterator[Served]:
    """Serve; the n-th chat request meets the n-th behaviour, later ones the last."""
    server = Server(behaviours, model=model, is_vllm=is_vllm)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.served
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def completion(text: str | None, *, finish: str = "stop", **message: Any) -> dict[str, Any]:
    return {
        "id": "c1",
        "object": "chat.completion",
        "model": "test-model",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": text, **message},
            }
        ],
        "usage": {
            "prompt_tokens": 20,
            "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 16},
        },
    }


def says(text: str | None, *, finish: str = "stop", **message: Any) -> Behaviour:
    """Answer this text, whatever was asked: a server without schema support."""
    return lambda handler, body: handler.send_json(completion(text, finish=finish, **message))


def honours_schema(handler: Handler, body: dict[str, Any]) -> None:
    """Answer with an instance of the schema, as constrained decoding would."""
    wanted = body.get("response_format")
    text = json.dumps(_instance(wanted["json_schema"]["schema"])) if wanted else "hello"
    handler.send_json(completion(text))


def refuses_schema(handler: Handler, body: dict[str, Any]) -> None:
    """Reject `response_format`; answer the schema told in words only when it is there."""
    if "response_format" in body:
        handler.send_json({"error": "response_format json_schema is not supported"}, status=400)
        return
    told = body["messages"][-1]["content"].partition("JSON schema: ")[2]
    handler.send_json(completion(json.dumps(_instance(json.loads(told))) if told else "hello"))


def status(code: int, text: str = "no", **headers: str) -> Behaviour:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, body: handler.send_json({"error": text}, status=code, headers=named)


def replies(data: bytes) -> Behaviour:
    """Answer 200 with these bytes."""
    return lambda handler, body: handler.send_bytes(data)


def hangs(handler: Handler, body: dict[str, Any]) -> None:
    """Answer nothing until the server closes."""
    handler.server.closing.wait(30)
    handler.close_connection = True


def dies_mid_body(handler: Handler, body: dict[str, Any]) -> None:
    """Promise 1000 bytes, send a few and hang up."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.close_connection = True


def endless(handler: Handler, body: dict[str, Any]) -> None:
    """Send far more than any answer needs."""
    handler.send_bytes(b" " * (10 * 1024 * 1024))


def slow(seconds: float, text: str = "ok") -> Behaviour:
    def behave(handler: Handler, body: dict[str, Any]) -> None:
        time.sleep(seconds)
        handler.send_json(completion(text))

    return behave


def _instance(schema: dict[str, Any]) -> Any:
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _instance(schema["anyOf"][0])
    if schema.get("type") == "object":
        return {name: _instance(part) for name, part in schema["properties"].items()}
    return {"string": "text", "integer": 0, "number": 0.5, "boolean": True}[schema["type"]]
