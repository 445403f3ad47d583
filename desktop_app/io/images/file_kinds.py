"""What a file really is, by its first bytes: for clear words about files with a wrong name."""

from __future__ import annotations

import codecs
from pathlib import Path

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.first_bytes import first_bytes
from desktop_app.io.images.formats import FORMATS
from desktop_app.io.images.image_format import ImageFormat, signatures

_foreign_kind = signatures(
    {
        b"PK\x03\x04": "a zip archive",
        b"\x1f\x8b": "a gzip archive",
        b"\x89HDF": "an HDF5 file",
        b"%PDF": "a PDF document",
        b"GIF8": "a GIF picture",
        b"BM": "a BMP picture",
    }
)


def require_kind(path: Path, form: ImageFormat) -> None:
    """Refuse a file that does not begin as its format must; folders are left to who opens them.

    Raises:
        UnreadableFileError: If it is missing, empty, or of another kind, which is named where known.
    """
    if form.folder:
        return
    data = first_bytes(path)
    if not form.sniff(data):
        reason = f"it is {really(data)}, not a {form.kind}."
        raise UnreadableFileError(path, reason, hint="Was it renamed, or did a download fail?")


def really(data: bytes) -> str:
    """The kind of a file in words, from its first bytes."""
    for sniff in (*(form.sniff for form in FORMATS.values()), _foreign_kind):
        if kind := sniff(data):
            return kind
    return "text" if _is_text(data) else "something unknown"


def _is_text(data: bytes) -> bool:
    """Whether the bytes are UTF-8 text; a letter may be cut in two at the end."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(data, final=False)
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() or c.isspace() for c in text)
