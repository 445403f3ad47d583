"""What a file really is, by its first bytes: for clear words about files with a wrong name."""

from __future__ import annotations

import codecs
from pathlib import Path

from desktop_app.core.errors import UnreadableFileError

_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89HDF", "an HDF5 file"),
    (b"%PDF", "a PDF document"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
)


def first_bytes(path: Path, count: int = 512) -> bytes:
    """The start of a file.

    Raises:
        UnreadableFileError: If it is missing, a folder, empty, or may not be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(count)
    except FileNotFoundError as error:
        raise UnreadableFileError(path, "there is no such file.", hint="Was it moved or renamed?") from error
    except IsADirectoryError as error:
        raise UnreadableFileError(path, "it is a folder.") from error
    except PermissionError as error:
        raise UnreadableFileError(path, "you have no right to read it.", details=repr(error)) from error
    except OSError as error:
        raise UnreadableFileError(path, "the disk or network does not answer properly.", details=repr(error)) from error
    if not data:
        raise UnreadableFileError(
            path, "the file is empty (zero bytes).", hint="Copy it again from where it came from."
        )
    return data


def require_magic(path: Path, magic: tuple[bytes, ...], wanted: str) -> None:
    """Refuse a file that does not begin as its kind must.

    Args:
        path: The file.
        magic: Allowed first bytes.
        wanted: Its kind in words, for example ``TIFF image``.

    Raises:
        UnreadableFileError: If it is missing, empty, or of another kind, which is named where known.
    """
    data = first_bytes(path)
    if data.startswith(magic):
        return
    reason = f"it is {really(data)}, not a {wanted}."
    raise UnreadableFileError(path, reason, hint="Was it renamed, or did a download fail?")


def really(data: bytes) -> str:
    """The kind of a file in words, from its first bytes."""
    for start, kind in _KINDS:
        if data.startswith(start):
            return kind
    return "text" if _is_text(data) else "something unknown"


def _is_text(data: bytes) -> bool:
    """Whether the bytes are UTF-8 text; a letter may be cut in two at the end."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(data, final=False)
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() or c.isspace() for c in text)
