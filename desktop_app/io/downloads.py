"""Files from the internet: with progress, a way to stop, and going on where a connection broke."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from desktop_app.core.errors import OfflineError, UserError
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.sizes import megabytes
from desktop_app.io.atomic import make_folder, remove_abandoned, write_json, writing
from desktop_app.io.json_files import read_json
from desktop_app.io.resuming import ResumingDownload
from desktop_app.io.settings import settings_folder
from desktop_app.io.web import require_secure

__all__ = ["Downloaded", "OfflineError", "download", "remembered_checksum"]

_RECORD = "downloads.json"


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that is here now.

    Attributes:
        path: Where it lies.
        sha256: Its checksum.
        checked: Whether the publisher's checksum was known and is the same; False where none is published, so that
            the checksum could only be written down for the next time.
    """

    path: Path
    sha256: str
    checked: bool


def download(
    url: str, target: Path, ctx: JobContext, *, sha256: str | None = None, md5: str | None = None
) -> Downloaded:
    """Fetch a file, whole and checked or not at all; a file that is already there and right is not fetched again.

    What was loaded before a broken connection, a cancel or a kill is kept beside ``target`` and used the next time. It
    is not left to ``pooch.retrieve``, which gives what it loads a name that nobody finds again after a kill. The
    identity of the server is verified. Where no checksum is published, the one of the first download is written down
    and later downloads of the same address must have it.

    Args:
        url: ``https`` address; plain ``http`` only on this computer.
        target: The file to write; its folder is made.
        ctx: Told the progress in bytes; a cancel takes effect within a second.
        sha256: The publisher's checksum, None where none is known.
        md5: The same of another kind, used where there is no ``sha256``.

    Raises:
        OfflineError: If the server cannot be reached.
        UserError: If the server does not have the file, breaks off again and again, or the checksum is wrong.
        UnwritableFileError: If the disk is full or refuses.
        JobCancelled: If the user stopped it.
    """
    require_secure(url)
    target = Path(target)
    known = _known_hash(sha256, md5) or _known_hash(remembered_checksum(url), None)
    published = bool(sha256 or md5)
    loading = ResumingDownload(target, ctx, resume_unmarked=known is not None)
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or not _has(target, known):
            part = loading.load(url)
            if not _has(part, known):
                loading.forget()
                raise _wrong_checksum(url, target, published=published, details=f"wanted {known}")
            part.replace(target)
        loading.forget()
        found = _checksum(target, "sha256")
    _remember(url, found)
    ctx.report(Progress(1, 1, f"{target.name} is here ({megabytes(target.stat().st_size)})"))
    return Downloaded(target, found, published)


def _known_hash(sha256: str | None, md5: str | None) -> str | None:
    return f"sha256:{sha256}" if sha256 else f"md5:{md5}" if md5 else None


def _has(path: Path, known: str | None) -> bool:
    """Whether a file has a checksum (``kind:digits``); where none is known any file is right."""
    kind, _, digits = (known or "").partition(":")
    return not known or _checksum(path, kind) == digits.lower()


def _checksum(path: Path, kind: str) -> str:
    import pooch

    return str(pooch.file_hash(str(path), alg=kind))


def remembered_checksum(url: str) -> str | None:
    """The checksum of the file that was downloaded from there first, None if none was."""
    return _record().get(url)


def _remember(url: str, sha256: str) -> None:
    record = _record()
    if record.get(url) != sha256:
        make_folder(settings_folder())
        remove_abandoned(settings_folder())
        write_json(settings_folder() / _RECORD, {**record, url: sha256})


def _record() -> dict[str, str]:
    with suppress(OSError, ValueError):
        data = read_json(settings_folder() / _RECORD)
        if isinstance(data, dict):
            return {str(url): str(digest) for url, digest in data.items()}
    return {}


def _wrong_checksum(url: str, target: Path, *, published: bool, details: str) -> UserError:
    host = urlsplit(url).hostname or url
    if published:
        message = f"The file {target.name} from {host} does not have the checksum that its publisher states."
    else:
        message = f"The file {target.name} from {host} is not the one that was downloaded from there before."
    hint = "It was not kept. Try again later; if it happens again, do not use this file and tell its publisher."
    return UserError(message, hint=hint, details=f"{url}: {details}")
