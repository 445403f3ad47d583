"""A small server of files on this computer, which can be told to misbehave."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FileServer:
    """What the server holds and how it behaves.

    Attributes:
        files: Bytes by path.
        cut_after: Bytes sent before the connection is cut, one per request; empty means whole answers.
        ranges: Whether parts can be asked for.
        etag: Mark of the files; empty for none.
        status: Answer everything with this instead, 0 not.
        content_type: As sent.
        stall: Wait in the middle of the answer until this is set.
        requests: The Range header of each request.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)
    ranges: bool = True
    etag: str = '"one"'
    status: int = 0
    content_type: str = "application/octet-stream"
    stall: threading.Event | None = None
    requests: list[str | None] = field(default_factory=list)
    port: int = 0

    def url(self, path: str = "/model.pth") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


class _Handler(BaseHTTPRequestHandler):
    behaviour: FileServer

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.behaviour.requests.append(wanted)
        data = self.behaviour.files.get(self.path.partition("?")[0])
        if self.behaviour.status or data is None:
            self.send_response(self.behaviour.status or 404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._send(data, self._start(wanted))

    def _start(self, wanted: str | None) -> int:
        mark = self.headers.get("If-Range")
        if wanted is None or not self.behaviour.ranges or (mark and mark != self.behaviour.etag):
            return 0
        return int(wanted.removeprefix("bytes=").rstrip("-"))

    def _send(self, data: bytes, start: int) -> None:
        if start >= len(data):
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        if self.behaviour.etag:
            self.send_header("ETag", self.behaviour.etag)
        self.send_header("Content-Type", self.behaviour.content_type)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        rest = data[start:]
        cut = self.behaviour.cut_after.pop(0) if self.behaviour.cut_after else len(rest)
        if self.behaviour.stall is not None:
            self.wfile.write(rest[: len(rest) // 2])
            self.wfile.flush()
            self.behaviour.stall.wait(20)
            return
        self.wfile.write(rest[:cut])
        self.wfile.flush()
        if cut < len(rest):
            time.sleep(0.05)
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def file_server(**behaviour: object) -> Iterator[FileServer]:
    """A running server; it is gone after the block."""
    behaves = FileServer(**behaviour)  # type: ignore[arg-type]
    handler = type("Handler", (_Handler,), {"behaviour": behaves})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        behaves.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield behaves
        finally:
            if behaves.stall is not None:
                behaves.stall.set()
            server.shutdown()
            thread.join(5)
