"""The files of a model bundle, whether it is a folder or a zipped file."""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.first_bytes import first_bytes
from desktop_app.io.images.file_kinds import really
from desktop_app.io.plain_files import NotAPlainFileError, open_plain

CARD_FILE = "model.json"
WEIGHTS_FILE = "weights.safetensors"
README_FILE = "README.md"
PREVIEW_FILE = "preview.png"
KNOWN_FILES = (CARD_FILE, WEIGHTS_FILE, README_FILE, PREVIEW_FILE)
_BLOCK = 2**20  # bytes read at once for a checksum: more is not faster
ZIP_DAMAGE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError)


@contextmanager
def open_member(bundle: Path, name: str) -> Iterator[IO[bytes]]:
    """A file of the bundle, for reading.

    Raises:
        UnreadableFileError: If the bundle is missing, cut off, or lacks the file.
    """
    with ExitStack() as stack:
        try:
            if bundle.is_dir():
                file: IO[bytes] = stack.enter_context(open_plain(bundle / name))
            else:
                archive = stack.enter_context(opened_zip(bundle))
                file = stack.enter_context(archive.open(zip_names(bundle, archive)[name]))
        except (FileNotFoundError, KeyError) as error:
            raise UnreadableFileError(bundle, f"the model has no {name}.", hint="Import the model again.") from error
        except NotAPlainFileError as error:
            reason = f"its {name} is a pipe or a device, not a file."
            raise UnreadableFileError(bundle, reason, hint="Do not use it; ask its sender.") from error
        except ZIP_DAMAGE as error:
            raise cut_off_bundle(bundle, error) from error
        try:
            yield file
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise cut_off_bundle(bundle, error) from error


def member_size(bundle: Path, name: str) -> int:
    """Bytes of a file of the bundle, unpacked; of a zipped one no more than this can be read.

    Raises:
        UnreadableFileError: If the bundle is missing, cut off, or lacks the file.
    """
    with open_member(bundle, name) as file:
        if bundle.is_dir():
            return os.fstat(file.fileno()).st_size
    with opened_zip(bundle) as archive:
        return archive.getinfo(zip_names(bundle, archive)[name]).file_size


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zipped bundle.

    Raises:
        UnreadableFileError: If it is missing, cut off, or no zip archive.
    """
    start = first_bytes(path)
    if not start.startswith(b"PK"):
        raise UnreadableFileError(
            path, f"it is {really(start)}, not a model.", hint="A model is a .vwmodel file or folder."
        )
    try:
        archive = zipfile.ZipFile(path)
    except ZIP_DAMAGE as error:
        raise cut_off_bundle(path, error) from error
    with archive:
        yield archive


def zip_names(path: Path, archive: zipfile.ZipFile) -> dict[str, str]:
    """Names inside the archive by bundle file, whether they lie at the top or in one folder.

    Raises:
        UnreadableFileError: If a name leads out of the bundle, or there is no ``model.json``.
    """
    names = [n for n in archive.namelist() if not n.endswith("/") and "__MACOSX" not in n]
    for name in names:
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if ".." in parts or name.startswith(("/", "\\")) or ":" in name:
            raise UnreadableFileError(
                path, "it holds file names that lead out of the model's folder.", hint="Do not use it; ask its sender."
            )
    card = next((n for n in sorted(names, key=len) if PurePosixPath(n).name == CARD_FILE), None)
    if card is None:
        raise UnreadableFileError(path, f"there is no {CARD_FILE} in it, so it is no model.")
    folder = card[: -len(CARD_FILE)]
    return {known: folder + known for known in KNOWN_FILES if folder + known in names}


def sha256_of(file: IO[bytes]) -> str:
    """Checksum of the rest of a file."""
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def cut_off_bundle(path: Path, error: BaseException) -> UnreadableFileError:
    """The sentence for a bundle that ends too early or has damaged bytes."""
    return UnreadableFileError(
        path, "the model is cut off or damaged.", hint="Copy or download it again.", details=f"{path}: {error!r}"
    )
