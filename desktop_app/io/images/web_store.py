"""A Zarr folder on a web server, read piece by piece: with timeouts, some patience, and small things kept."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from io import UnsupportedOperation
from pathlib import Path
from typing import Any

import requests
from cachetools import TTLCache
from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.memory import require_memory
from desktop_app.io.web import host_of

_CONNECT_SECONDS, _READ_SECONDS = 5.0, 20.0  # until a server counts as away, and as gone silent
_PAUSES = (0.3, 1.0)  # seconds before a piece is asked for again: a short failure of a network is over by then
_BUSY = (429, 500, 502, 503, 504)  # answers that may be others a moment later
_MISSING = (403, 404, 410)  # stores of clouds say 403 for what is not there
_KEPT_BYTES = 32 * 2**20  # of descriptions and tables of shards, of all addresses together
_KEPT_SECONDS = 600  # then descriptions are asked for again: long enough to look at an image, short enough to see news
_SMALL = 2**20  # bytes; larger pieces are voxels, which are kept unpacked by who reads them
_STEP = 2**20  # bytes read at a time
_DESCRIPTIONS = ("zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata")
_NOTHING = b"\0nothing there"  # kept for what a server does not have

_kept: TTLCache[tuple[str, str], bytes] = TTLCache(_KEPT_BYTES, _KEPT_SECONDS, getsizeof=lambda data: len(data) + 200)
_lock = threading.Lock()
_local = threading.local()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A part of a file on the server: from a byte to another, from one to the end, or the last ones."""

    start: int | None = None
    stop: int | None = None

    @classmethod
    def of(cls, request: ByteRequest | None) -> _Wanted:
        if isinstance(request, RangeByteRequest):
            return cls(request.start, request.end)
        if isinstance(request, OffsetByteRequest):
            return cls(request.offset)
        return cls(-request.suffix) if isinstance(request, SuffixByteRequest) else cls()

    @property
    def header(self) -> str:
        """As HTTP writes it; "" for all."""
        if self.start is None:
            return ""
        if self.start < 0:
            return f"bytes={self.start}"
        return f"bytes={self.start}-" + ("" if self.stop is None else str(self.stop - 1))

    def cut(self, data: bytes) -> bytes:
        """That part of the whole file, where a server sends it all."""
        return data[self.start : self.stop]


class WebStore(Store):
    """Reads what ``zarr`` asks for from a web server; nothing is written and nothing can be listed.

    Args:
        path: The file that names the address, for errors.
        address: Of the Zarr folder.
    """

    def __init__(self, path: Path, address: str) -> None:
        super().__init__(read_only=True)
        self.path, self.address = path, address

    def __eq__(self, other: object) -> bool:
        """Whether it is the same place."""
        return isinstance(other, WebStore) and other.address == self.address

    def __hash__(self) -> int:
        return hash(self.address)

    async def get(
        self, key: str, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """What the server has under a key, None if nothing.

        Raises:
            UnreadableFileError: If the server cannot be reached, or refuses.
        """
        data = await asyncio.to_thread(self._read, key, _Wanted.of(byte_range))
        return None if data is None else (prototype or default_buffer_prototype()).buffer.from_bytes(data)

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        """Parts of what the server has."""
        return list(await asyncio.gather(*(self.get(key, prototype, part) for key, part in key_ranges)))

    async def exists(self, key: str) -> bool:
        """Whether the server has something under a key."""
        return await self.get(key) is not None

    @property
    def supports_writes(self) -> bool:
        """No."""
        return False

    @property
    def supports_deletes(self) -> bool:
        """No."""
        return False

    @property
    def supports_listing(self) -> bool:
        """No: web servers do not list what they have."""
        return False

    async def set(self, key: str, value: Buffer) -> None:
        """Never."""
        raise UnsupportedOperation("a web server is only read")

    async def delete(self, key: str) -> None:
        """Never."""
        raise UnsupportedOperation("a web server is only read")

    def list(self) -> AsyncIterator[str]:
        """Never."""
        raise UnsupportedOperation("a web server lists nothing")

    def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """Never."""
        raise UnsupportedOperation("a web server lists nothing")

    def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """Never."""
        raise UnsupportedOperation("a web server lists nothing")

    def _read(self, key: str, wanted: _Wanted) -> bytes | None:
        url = _url(self.address, key)
        place = (url, wanted.header)
        with _lock:
            kept = _kept.get(place)
        if kept is None:
            found = self._asked(url, wanted)
            kept = _NOTHING if found is None else found
            if len(kept) <= _SMALL and (wanted.start is not None or key.rsplit("/", 1)[-1] in _DESCRIPTIONS):
                with _lock:
                    _kept[place] = kept
        return None if kept is _NOTHING or kept == _NOTHING else kept

    def _asked(self, url: str, wanted: _Wanted) -> bytes | None:
        """Ask, and ask again after a short failure."""
        for pause in (*_PAUSES, None):
            try:
                return self._answer(url, wanted)
            except (requests.ConnectionError, requests.Timeout, _BusyError) as error:
                if pause is None:
                    raise self._unreachable(error) from error
            except (requests.RequestException, ValueError) as error:
                raise self._refused(f"{host_of(url)} does not answer properly.", error) from error
            time.sleep(pause)
        return None

    def _answer(self, url: str, wanted: _Wanted) -> bytes | None:
        headers = {"Range": wanted.header} if wanted.header else {}
        with _session().get(
            url, headers=headers, stream=True, timeout=(_CONNECT_SECONDS, _READ_SECONDS), allow_redirects=True
        ) as answer:
            if answer.status_code in _MISSING:
                return None
            if answer.status_code in _BUSY:
                raise _BusyError(f"{answer.status_code} {answer.reason}")
            if answer.status_code == 401:
                raise self._refused(f"{host_of(url)} does not give it to everybody.", None)
            answer.raise_for_status()
            data = self._body(answer)
        return data if answer.status_code == 206 else wanted.cut(data)

    def _body(self, answer: requests.Response) -> bytes:
        """The bytes of an answer, as long as there is memory for them."""
        require_memory(self.path, int(answer.headers.get("Content-Length") or 0), "one piece of it")
        data = bytearray()
        for part in answer.iter_content(_STEP):
            data += part
            require_memory(self.path, len(data), "one piece of it")
        return bytes(data)

    def _unreachable(self, error: Exception) -> UnreadableFileError:
        host = host_of(self.address)
        if isinstance(error, requests.exceptions.SSLError):
            return self._refused(f"{host} could not prove that it is {host}.", error)
        if isinstance(error, _BusyError):
            return self._refused(f"{host} is too busy or has a problem (it answered {error}).", error)
        return UnreadableFileError(
            self.path, f"{host} cannot be reached.", hint="Is this computer online? Try again when it is.",
            details=repr(error), what=self.address,
        )  # fmt: skip

    def _refused(self, reason: str, error: Exception | None) -> UnreadableFileError:
        return UnreadableFileError(self.path, reason, hint="Try again later.", details=repr(error), what=self.address)


class _BusyError(Exception):
    """The server may answer otherwise a moment later."""


def forget_descriptions() -> None:
    """Ask servers again for everything."""
    with _lock:
        _kept.clear()


def _url(address: str, key: str) -> str:
    """Where a key lies; a query, as of signed addresses, stays at the end."""
    base, mark, query = address.partition("?")
    return f"{base}/{key}{mark}{query}" if key else address


def _session() -> Any:
    """A session of this thread, which keeps its connection."""
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
    return _local.session
