"""What servers say, and the words for the user when they do not say what they should."""

from __future__ import annotations

import threading
from queue import Empty, Full, Queue
from urllib.parse import urlsplit

import requests

from desktop_app.core.errors import OfflineError, UserError
from desktop_app.core.job import JobContext

CHUNK = 2**16  # bytes: small enough for progress on a slow line
_QUEUE = 32  # chunks under way: 2 MB, so that neither side waits for the other
_GLANCE_SECONDS = 0.2  # how late a stop may be noticed
# Seconds until a server counts as away, and as gone silent; what browsers wait at least.
_CONNECT_SECONDS, _READ_SECONDS = 15.0, 30.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def host_of(url: str) -> str:
    """The name of the server."""
    return urlsplit(url).hostname or url


def require_secure(url: str) -> None:
    """Refuse an address whose server cannot prove who it is.

    Raises:
        UserError: If it is neither ``https`` nor on this computer.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return
    raise UserError(
        f"The address {url} is not a secure one, so nothing was downloaded.", hint="Use an address with https."
    )


class ResponseReader(threading.Thread):
    """Reads one answer in a thread of its own, so that a silent server cannot keep a job from stopping.

    Args:
        url: Where to ask.
        headers: What to ask with.
    """

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        super().__init__(name="download", daemon=True)
        self._url, self._headers = url, headers
        self._items: Queue[requests.Response | bytes | Exception] = Queue(_QUEUE)
        self._stopped = threading.Event()

    def run(self) -> None:
        """Ask, then hand over the answer, its bytes, and at last empty bytes or what went wrong."""
        last: bytes | Exception = requests.ConnectionError("reading ended early")
        timeout = (_CONNECT_SECONDS, _READ_SECONDS)
        try:
            with requests.get(self._url, headers=self._headers, stream=True, timeout=timeout) as response:
                self._hand_over(response)
                for chunk in response.iter_content(CHUNK):
                    if chunk and not self._hand_over(chunk):
                        return
            last = b""
        except (OSError, ValueError) as error:
            last = error
        finally:
            self._hand_over(last)

    def answer(self, ctx: JobContext) -> requests.Response:
        """The head of the answer.

        Raises:
            requests.RequestException: If there is none.
        """
        item = self._next(ctx)
        if isinstance(item, requests.Response):
            return item
        raise requests.ConnectionError("the answer has no head")

    def chunk(self, ctx: JobContext) -> bytes:
        """The next bytes; empty at the end.

        Raises:
            requests.RequestException: If the connection broke.
        """
        item = self._next(ctx)
        return item if isinstance(item, bytes) else b""

    def stop(self) -> None:
        """Read no further."""
        self._stopped.set()

    def _next(self, ctx: JobContext) -> requests.Response | bytes:
        while True:
            ctx.raise_if_cancelled()
            try:
                item = self._items.get(timeout=_GLANCE_SECONDS)
            except Empty:
                continue
            if isinstance(item, Exception):
                raise item
            return item

    def _hand_over(self, item: requests.Response | bytes | Exception) -> bool:
        while not self._stopped.is_set():
            try:
                self._items.put(item, timeout=_GLANCE_SECONDS)
            except Full:
                continue
            return True
        return False


def small_file(url: str, ctx: JobContext, most: int = 10**6) -> bytes:
    """The bytes of a small file as it is on its server now; nothing is kept.

    Args:
        url: ``https`` address; plain ``http`` only on this computer.
        ctx: For cancelling.
        most: Bytes; a longer answer is refused.

    Raises:
        OfflineError: If the server cannot be reached.
        UserError: If the server does not give the file, or it is longer.
    """
    require_secure(url)
    name = urlsplit(url).path.rpartition("/")[2]
    reader = ResponseReader(url, {"User-Agent": "Voxelwright", "Cache-Control": "no-cache"})
    reader.start()
    try:
        require_file(reader.answer(ctx), name)
        data = bytearray()
        while chunk := reader.chunk(ctx):
            data += chunk
            if len(data) > most:
                raise UserError(f"{host_of(url)} sends a far longer {name} than it can be.", hint="Try again later.")
        return bytes(data)
    except (requests.RequestException, OSError) as error:
        raise unreachable(url, error) from error
    finally:
        reader.stop()


def is_web_address(text: str) -> bool:
    """Whether a text is the address of something on a server."""
    return text.strip().lower().startswith(("https://", "http://"))


def require_file(response: requests.Response, name: str) -> None:
    """Refuse an answer that is not the file.

    Raises:
        UserError: If the server has no such file, does not give it to everybody, is too busy, or sends a web page.
    """
    host, status = host_of(response.url), response.status_code
    require_secure(response.url)
    details = f"{response.url}: {status} {response.reason}"
    if status in (404, 410):
        message, hint = f"{host} does not have the file {name} any more.", "Look on its page for a newer version."
    elif status in (401, 403):
        message, hint = f"{host} does not give the file {name} to everybody.", "Look on its page how to get it."
    elif status == 429 or status >= 500:
        message, hint = f"{host} is too busy or has a problem (it answered {status}).", "Try again later."
    elif status not in (200, 206):
        message, hint = f"{host} answered {status} instead of sending {name}.", "Try again later."
    elif "text/html" in response.headers.get("Content-Type", ""):
        message = f"{host} sent a web page instead of the file {name}."
        hint = "Does your network ask you to log in first? Open any page in a browser, then try again."
    else:
        return
    raise UserError(message, hint=hint, details=details)


def unreachable(url: str, error: Exception) -> UserError:
    """The sentence for a connection that did not come about."""
    host = host_of(url)
    if isinstance(error, requests.exceptions.SSLError):
        return UserError(
            f"{host} could not prove that it is {host}, so nothing was downloaded.",
            hint="A firewall may look into your connections, or the clock of this computer is wrong. Ask your IT.",
            details=repr(error),
        )
    if isinstance(error, requests.exceptions.ConnectionError | requests.exceptions.Timeout):
        return OfflineError(
            f"{host} cannot be reached.",
            hint="Is this computer connected to the internet? What was loaded so far is kept.",
            details=repr(error),
        )
    return UserError(f"{host} does not answer properly.", hint="Try again later.", details=repr(error))
