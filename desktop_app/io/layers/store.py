"""Layers in the user's folder: unpacked whole and checked, or not at all."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from desktop_app.core.config.layers import LayerManifest
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.sizes import megabytes
from desktop_app.io.atomic import atomic_folder, make_folder, make_place, write_text, writing
from desktop_app.io.layers.manifests import LAID_FILE
from desktop_app.io.layers.state import layers_folder, read_state

_CHUNK = 2**20  # bytes between two looks at whether to stop
_ROOM = 1.05  # of the sizes stated: file systems round each file up


def require_room(manifest: LayerManifest, also: int, folder: Path) -> None:
    """Refuse to begin where the disk cannot hold the layer.

    Args:
        manifest: Its unpacked size is needed.
        also: Bytes that are still to be downloaded onto the same disk.
        folder: On the disk.

    Raises:
        UserError: Saying what is needed and what is free.
    """
    make_folder(folder)
    needed, free = int((manifest.unpacked + also) * _ROOM), shutil.disk_usage(folder).free
    if needed > free:
        raise UserError(
            f"There is too little room for this: {megabytes(needed)} are needed, {megabytes(free)} are free.",
            hint=f"Free some space on the disk that holds {folder}.",
        )


def check_part(path: Path, size: int, sha256: str, ctx: JobContext) -> None:
    """Compare a part with what its manifest states.

    Raises:
        UserError: If it is missing, cut off or changed.
        JobCancelled: When asked to stop.
    """
    digest, found = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                ctx.raise_if_cancelled()
                digest.update(chunk)
                found += len(chunk)
    except OSError as error:
        raise UserError(f"The part {path.name} cannot be read.", hint="Copy it again.", details=repr(error)) from error
    if found != size or digest.hexdigest() != sha256:
        raise UserError(f"The part {path.name} is damaged.", hint="Copy or download it again.", details=str(path))


def unpacked(manifest: LayerManifest) -> Path | None:
    """The folder of a layer that is whole already; None where it is not here."""
    target = layers_folder() / manifest.name
    return target if target.is_dir() else None


def unpack(manifest: LayerManifest, parts: Sequence[Path], ctx: JobContext) -> Path:
    """Lay a layer into the user's folder, under a temporary name until it is whole.

    Args:
        manifest: What it is; its own text is kept in the layer.
        parts: The checked files of its archive, in order.
        ctx: For progress and cancelling.

    Returns:
        The layer's folder; one that is there already is kept.

    Raises:
        UserError: If the archive holds what does not belong there.
        UnwritableFileError: If the disk refuses.
        JobCancelled: When asked to stop; nothing half-made stays.
    """
    if (here := unpacked(manifest)) is not None:
        return here
    target = layers_folder() / manifest.name
    make_place(target)
    with atomic_folder(target) as folder:
        written = 0
        with _joined(parts) as whole, _archive(whole) as archive:
            for member in archive:
                place = _place(folder, member)
                if member.isdir():
                    place.mkdir(parents=True, exist_ok=True)
                    continue
                place.parent.mkdir(parents=True, exist_ok=True)
                written += _write(archive, member, place, ctx)
                if written > manifest.unpacked * _ROOM:
                    raise UserError("The layer is larger than it states, so it was not used.", hint="Get it again.")
                ctx.report(Progress(written, manifest.unpacked, f"Unpacking {manifest.name}"))
        write_text(folder / LAID_FILE, manifest.model_dump_json(indent=2) + "\n")
    return target


def remove_unused() -> list[str]:
    """Remove layers that neither the next start nor a way back needs; their names."""
    state = read_state()
    kept = set()
    for choice in (state.app, state.gpu):
        kept |= {choice.folder, choice.before} if choice is not None else set()
    folders = [path for path in layers_folder().glob("*-*") if path.is_dir() and path.name not in kept]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    return [folder.name for folder in folders]


def _archive(whole: io.BufferedReader) -> tarfile.TarFile:
    try:
        return tarfile.open(fileobj=whole, mode="r|*")
    except tarfile.TarError as error:
        raise UserError("The layer's archive cannot be read.", hint="Get it again.", details=repr(error)) from error


def _place(folder: Path, member: tarfile.TarInfo) -> Path:
    """Where a file goes; plain files and folders below the layer's folder alone."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name or not (member.isfile() or member.isdir()):
        raise UserError("The layer's archive holds something that does not belong there.", details=member.name)
    return folder.joinpath(*path.parts)


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, place: Path, ctx: JobContext) -> int:
    source = archive.extractfile(member)
    if source is None:
        return 0
    with writing(place), place.open("wb") as target:
        while chunk := source.read(_CHUNK):
            ctx.raise_if_cancelled()
            target.write(chunk)
    if member.mode & 0o100:
        place.chmod(0o755)
    return member.size


def _joined(parts: Sequence[Path]) -> io.BufferedReader:
    return io.BufferedReader(_Row(parts), _CHUNK)


class _Row(io.RawIOBase):
    """Files read one after the other as if they were one."""

    def __init__(self, parts: Sequence[Path]) -> None:
        self._waiting = list(parts)
        self._file: io.BufferedReader | None = None

    def readable(self) -> bool:
        """Reading is all that it can."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer from the file that is due; 0 at the end of the last."""
        while True:
            if self._file is None:
                if not self._waiting:
                    return 0
                self._file = self._waiting.pop(0).open("rb")
            count = self._file.readinto(buffer)
            if count:
                return count
            self._file.close()
            self._file = None

    def close(self) -> None:
        """Close the file that is open."""
        if self._file is not None:
            self._file.close()
            self._file = None
        super().close()
