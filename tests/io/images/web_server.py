"""A web server on this computer that gives a folder, and can be slow to answer, refuse, or go away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class FolderServer:
    """Gives the files of a folder.

    Attributes:
        asked: Paths that were asked for, each with its range or "".
        fail: How many of the next questions are answered by ``status``.
        status: What is answered then.
        ranges: Whether parts of files are given.
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder, self.asked = folder, list[tuple[str, str]]()
        self.fail, self.status, self.ranges = 0, 503, True
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer._answer(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, ask: BaseHTTPRequestHandler) -> None:
        wanted = ask.headers.get("Range", "") if self.ranges else ""
        self.asked.append((ask.path, ask.headers.get("Range", "")))
        if self.fail:
            self.fail -= 1
            self._send(ask, self.status, b"")
            return
        file = self.folder / ask.path.partition("?")[0].lstrip("/")
        if not file.is_file():
            self._send(ask, 404, b"")
            return
        data = file.read_bytes()
        if not wanted:
            self._send(ask, 200, data)
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        part = data[int(first) : int(last) + 1 if last else None] if first else data[-int(last) :]
        self._send(ask, 206, part)

    def _send(self, ask: BaseHTTPRequestHandler, status: int, data: bytes) -> None:
        ask.send_response(status)
        ask.send_header("Content-Length", str(len(data)))
        ask.send_header("Connection", "close")
        ask.end_headers()
        ask.wfile.write(data)


@contextmanager
def served(folder: Path, port: int = 0) -> Iterator[FolderServer]:
    """A server for the block."""
    server = FolderServer(folder, port)
    try:
        yield server
    finally:
        server.close()
