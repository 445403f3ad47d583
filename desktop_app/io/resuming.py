"""One file over HTTP in as many connections as it takes (RFC 9110, range requests).

``requests`` knows one connection; that it is still the same file after a break, and where to go on, is looked at here.
"""

from __future__ import annotations

import re
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests

from desktop_app.core.errors import UnwritableFileError, UserError
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.sizes import megabytes
from desktop_app.io.atomic import remove_leftovers, write_json, writing
from desktop_app.io.json_files import read_json
from desktop_app.io.web import ResponseReader, host_of, require_file, unreachable

_TRIES = 4  # breaks without a byte between them before a download gives up
_PAUSE_SECONDS = 1.0  # after the first break; longer after each further one
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class _BrokenOff(Exception):
    """The connection ended before the file did."""


class ResumingDownload:
    """Loads into ``NAME.part`` and goes on there after every break, also after one of the program.

    Args:
        target: The file that it will be in the end; the part lies beside it.
        ctx: Told the progress, asked whether to stop.
        resume_unmarked: Go on with a part although the server gave no mark (ETag) by which a changed file could be
            told; right where a checksum will be tested.
    """

    def __init__(self, target: Path, ctx: JobContext, *, resume_unmarked: bool) -> None:
        self._name = target.name
        self._part = target.with_name(f"{target.name}.part")
        self._mark = target.with_name(f"{target.name}.part.json")
        self._ctx = ctx
        self._resume_unmarked = resume_unmarked
        self._loaded = 0

    def load(self, url: str) -> Path:
        """Load what is missing of the file at ``url``; what was loaded whole before is not asked for again.

        Returns:
            The part, which is whole now; to be checked, and given the name of the file.

        Raises:
            UserError: If the server does not give the file or breaks off again and again.
            UnwritableFileError: If the disk is full or refuses.
            JobCancelled: If the user stopped it.
        """
        tries = 0
        while not self._whole(url):
            before = self._loaded
            try:
                self._connect(url)
                break
            except _BrokenOff as error:
                tries = 1 if self._loaded > before else tries + 1
                if tries >= _TRIES:
                    raise self._broken(url, error) from error
                self._wait(_PAUSE_SECONDS * tries)
        return self._part

    def forget(self) -> None:
        """Remove what was loaded: it was used, or is of no use.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        remove_leftovers([self._mark])
        with writing(self._part):
            self._part.unlink(missing_ok=True)
            self._mark.unlink(missing_ok=True)

    def _whole(self, url: str) -> bool:
        """Whether all was loaded already, by a program that was killed before it could use it."""
        have, _ = self._kept(url)
        return have > 0 and have == self._told().get("size")

    def _connect(self, url: str) -> None:
        """Load what is missing over one connection."""
        have, mark = self._kept(url)
        headers = {"Accept-Encoding": "identity", "User-Agent": "Voxelwright"}
        if have:
            headers["Range"] = f"bytes={have}-"
            if mark:
                headers["If-Range"] = mark
        self._ctx.report(Progress(have, 0, f"Asking {host_of(url)} for {self._name}"))
        reader = ResponseReader(url, headers)
        reader.start()
        try:
            self._load(url, reader, have)
        finally:
            reader.stop()

    def _load(self, url: str, reader: ResponseReader, have: int) -> None:
        try:
            response = reader.answer(self._ctx)
        except (OSError, ValueError) as error:
            if self._loaded:
                raise _BrokenOff from error
            raise unreachable(url, error) from error
        if response.status_code == requests.codes.requested_range_not_satisfiable and have:
            self.forget()
            raise _BrokenOff
        require_file(response, self._name)
        start, total = _extent(response, have)
        self._require_room(total - start)
        with writing(self._part):
            write_json(self._mark, {"url": url, "mark": _mark_of(response), "size": total})
            self._append(reader, start, total)

    def _append(self, reader: ResponseReader, start: int, total: int) -> None:
        done = start
        with self._part.open("r+b" if start else "wb") as file:
            file.seek(start)
            file.truncate()
            while True:
                try:
                    chunk = reader.chunk(self._ctx)
                except OSError as error:
                    raise _BrokenOff(f"{done} of {total} bytes") from error
                if not chunk:
                    break
                file.write(chunk)
                done += len(chunk)
                self._loaded += len(chunk)
                said = f"{self._name}: {megabytes(done)}" + (f" of {megabytes(total)}" if total else "")
                self._ctx.report(Progress(done, total, said))
        if total and done < total:
            raise _BrokenOff(f"{done} of {total} bytes")

    def _kept(self, url: str) -> tuple[int, str]:
        """How many bytes of an earlier try can be used, and the server's mark of that file."""
        mark = self._told()
        known = str(mark.get("mark") or "") if mark.get("url") == url else ""
        if mark.get("url") == url and (known or self._resume_unmarked) and self._part.is_file():
            return self._part.stat().st_size, known
        return 0, ""

    def _told(self) -> dict[str, Any]:
        """What stands beside the part: whence it is, the server's mark of the file, and its size."""
        with suppress(OSError, ValueError):
            found = read_json(self._mark)
            return found if isinstance(found, dict) else {}
        return {}

    def _require_room(self, needed: int) -> None:
        free = shutil.disk_usage(self._part.parent).free
        if needed > free:
            raise UnwritableFileError(
                self._part.with_suffix(""),
                f"it needs {megabytes(needed)}, and only {megabytes(free)} are free on the disk.",
                hint="Free some space, then try again.",
            )

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._ctx.raise_if_cancelled()
            time.sleep(min(0.1, seconds))  # s until it is heard that the user stops

    def _broken(self, url: str, error: Exception) -> UserError:
        return UserError(
            f"The connection to {host_of(url)} broke off again and again while loading {self._name}.",
            hint="Try again later: it goes on where it stopped.",
            details=f"{error!r} {error.__cause__!r}",
        )


def _extent(response: requests.Response, have: int) -> tuple[int, int]:
    """First byte that the answer holds, and the size of the whole file (0 unknown)."""
    length = int(response.headers.get("Content-Length") or 0)
    if response.status_code != requests.codes.partial_content:
        return 0, length
    found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if found is None or int(found[1]) != have:
        raise UserError(
            f"{host_of(response.url)} sent another part of the file than it was asked for.",
            hint="Try again later.",
            details=f"asked from {have}, got {response.headers.get('Content-Range')!r}",
        )
    return have, int(found[2]) if found[2] != "*" else have + length


def _mark_of(response: requests.Response) -> str:
    """The server's mark by which a changed file can be told; only a strong one serves."""
    tag = response.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified", "")
