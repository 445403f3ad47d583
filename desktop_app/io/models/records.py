"""What the archive of a published file says of it: its checksum and its licence (Zenodo's records as JSON)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import requests

from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext
from desktop_app.core.json_text import parse_json
from desktop_app.io.web import ResponseReader, require_file, require_secure, unreachable

_LARGEST = 4 * 2**20  # bytes; records of a repository are some kilobytes, and a server must not fill the memory
_MD5 = re.compile(r"(?:md5:)?([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class PublisherRecord:
    """What is known of one file.

    Attributes:
        md5: Its checksum; None where the record states none.
        licence: Short name of the record's licence, for example ``cc-by-4.0``; empty where it states none.
    """

    md5: str | None = None
    licence: str = ""


def publisher_record(url: str, file_name: str, ctx: JobContext) -> PublisherRecord:
    """Ask the archive about a file; what it does not answer properly counts as not stated.

    Raises:
        OfflineError: If the archive cannot be reached.
        UserError: If it cannot prove who it is.
        JobCancelled: If the user stopped it.
    """
    text = _text(url, ctx)
    try:
        data = parse_json(text)
    except ValueError:
        return PublisherRecord()
    return _found(data, file_name) if isinstance(data, dict) else PublisherRecord()


def _text(url: str, ctx: JobContext) -> bytes:
    require_secure(url)
    reader = ResponseReader(url, {"Accept": "application/json", "User-Agent": "Voxelwright"})
    reader.start()
    text = b""
    try:
        response = reader.answer(ctx)
        require_file(response, "the record")
        while len(text) <= _LARGEST and (chunk := reader.chunk(ctx)):
            text += chunk
    except requests.RequestException as error:
        raise unreachable(url, error) from error
    except UserError:
        return b""
    finally:
        reader.stop()
    return text


def _found(data: dict[str, Any], file_name: str) -> PublisherRecord:
    files = data.get("files")
    entries = [each for each in files if isinstance(each, dict)] if isinstance(files, list) else []
    names = ("key", "filename")
    entry = next((each for each in entries if file_name in [each.get(name) for name in names]), {})
    stated = _MD5.fullmatch(str(entry.get("checksum", "")))
    metadata = data.get("metadata")
    licence = metadata.get("license") if isinstance(metadata, dict) else None
    if isinstance(licence, dict):
        licence = licence.get("id")
    return PublisherRecord(stated[1] if stated else None, licence if isinstance(licence, str) else "")
