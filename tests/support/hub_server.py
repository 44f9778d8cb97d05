"""A model hub on loopback: the routes of Hugging Face's API that a fetch uses, and its misdeeds."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
from safetensors.numpy import save

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "acme/tiny"
CONFIG: dict[str, Any] = {
    "architectures": ["Qwen3ForCausalLM"],
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "vocab_size": 512,
    "max_position_embeddings": 1024,
    "tie_word_embeddings": True,
}


def weights(megabytes: int = 0, seed: int = 7) -> bytes:
    """A safetensors file with one small tensor, or one of that many megabytes."""
    rng = np.random.default_rng(seed)
    return save({"w": rng.integers(0, 255, max(megabytes * 1_000_000, 64), dtype=np.uint8)})


def tiny_files(**others: bytes) -> dict[str, bytes]:
    return {
        "config.json": json.dumps(CONFIG).encode(),
        "tokenizer.json": b"{}",
        "README.md": b"tiny\n",
        "model.safetensors": weights(),
        **others,
    }


@dataclass
class Hub:
    """What the hub holds and how it misbehaves; `log` has (path, Range, Authorization)."""

    files: dict[str, bytes]
    url: str = ""
    log: list[tuple[str, str, str]] = field(default_factory=list)
    sent: int = 0
    refuse: tuple[int, str] | None = None  # status and X-Error-Code of every answer
    lies: dict[str, bytes] = field(default_factory=dict)  # other bytes than were announced
    stall_after: int | None = None  # bytes of a weight file, then silence until `go_on`
    drop_after: int | None = None  # bytes of a weight file, then the connection ends, once
    ignores_ranges: bool = False
    cdn: str | None = None  # weights are redirected to this other host
    answer: bytes | None = None  # instead of the repository's description
    go_on: threading.Event = field(default_factory=threading.Event)

    def ranges(self) -> list[str]:
        return [asked for path, asked, _ in self.log if path.endswith("safetensors") and asked]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        hub = self.server.hub
        path = unquote(urlsplit(self.path).path)
        asked = self.headers.get("Range", "")
        hub.log.append((path, asked, self.headers.get("Authorization", "")))
        if hub.refuse is not None:
            status, code = hub.refuse
            self._send(b"", status, {"X-Error-Code": code})
        elif path.startswith("/api/models/"):
            self._describe(path)
        elif path.rpartition("/")[2] in hub.files:
            self._file(path.rpartition("/")[2], asked)
        else:
            self._send(b"", 404, {"X-Error-Code": "EntryNotFound"})

    def _describe(self, path: str) -> None:
        hub = self.server.hub
        if hub.answer is not None:
            return self._send(hub.answer)
        _, _, revision = path.partition("/revision/")
        if revision not in ("main", COMMIT):
            return self._send(b"", 404, {"X-Error-Code": "RevisionNotFound"})
        siblings = [_sibling(name, data) for name, data in hub.files.items()]
        body = {"id": REPOSITORY, "sha": COMMIT, "siblings": siblings}
        self._send(json.dumps(body).encode())

    def _file(self, name: str, asked: str) -> None:
        hub = self.server.hub
        heavy = name.endswith(".safetensors")
        if heavy and hub.cdn is not None:
            return self._send(b"", 302, {"Location": f"{hub.cdn}/acme/cdn/{name}"})
        data = hub.lies.get(name, hub.files[name])
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        start = 0 if hub.ignores_ranges else start
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        for at in range(start, len(data), 100_000):
            if heavy and hub.stall_after is not None and at >= hub.stall_after:
                hub.go_on.wait(20)
            if heavy and hub.drop_after is not None and at >= hub.drop_after:
                hub.drop_after = None
                self.close_connection = True
                return
            try:
                self.wfile.write(data[at : at + 100_000])
            except OSError:
                return
            hub.sent += len(data[at : at + 100_000]) if heavy else 0

    def _send(self, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: Hub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = hub


def _sibling(name: str, data: bytes) -> dict[str, Any]:
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    found: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": blob}
    if name.endswith(".safetensors"):
        digest = hashlib.sha256(data).hexdigest()
        found["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 134}
    return found


@contextmanager
def hub_server(files: dict[str, bytes] | None = None) -> Iterator[Hub]:
    hub = Hub(tiny_files() if files is None else files)
    server = _Server(hub)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()


def folder_of(root: Path, files: dict[str, bytes]) -> Path:
    root.mkdir()
    for name, data in files.items():
        (root / name).write_bytes(data)
    return root
