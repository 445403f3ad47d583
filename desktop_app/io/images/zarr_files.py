"""The files of a Zarr folder, read with care: they may come from anybody."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import LocalStore

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.memory import require_memory
from desktop_app.io.plain_files import NotAPlainFileError, require_plain

_DESCRIPTIONS = frozenset({"zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata"})
_MISSING = (FileNotFoundError, IsADirectoryError, NotADirectoryError)


def require_there(folder: Path) -> None:
    """A folder is still there: pieces that are missing would be taken for empty ones where a drive was taken away.

    Raises:
        UnreadableFileError: If it has gone.
    """
    if not folder.exists():
        raise UnreadableFileError(
            folder, "its folder is not there any more.", hint="Is the drive or network still connected?"
        )


class OrdinaryFiles(LocalStore):
    """A folder of which only ordinary files are read; a pipe or device among them would be waited for without end."""

    async def get(
        self, key: str, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """As the parent.

        Raises:
            NotAPlainFileError: If it is no ordinary file.
            UnreadableFileError: If it is to be read whole and does not fit into memory, or the folder has gone.
        """
        if not self._is_there(key, whole=byte_range is None):
            return None
        if key.rpartition("/")[2] in _DESCRIPTIONS:  # ten to open an image: to hand each to a thread takes longest
            return super().get_sync(key, prototype=prototype, byte_range=byte_range)
        return await super().get(key, prototype, byte_range)

    def get_sync(self, key: str, **more: Any) -> Buffer | None:
        """As the parent."""
        return super().get_sync(key, **more) if self._is_there(key) else None

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        """As the parent."""
        wanted = list(key_ranges)
        for key, _ in wanted:
            self._is_there(key)
        return await super().get_partial_values(prototype, wanted)

    def _is_there(self, key: str, *, whole: bool = False) -> bool:
        """Whether there is such a file: what is missing is a chunk without voxels, or one of several descriptions.

        Raises:
            NotAPlainFileError: If it is no ordinary file.
            UnreadableFileError: If it is to be read whole and does not fit into memory, or the folder has gone.
        """
        path = self.root / key
        try:
            size = require_plain(path)
        except NotAPlainFileError:
            raise
        except OSError as error:
            require_there(self.root)
            return not isinstance(error, _MISSING)  # the rest is told by who reads it
        if whole:
            require_memory(path, size, "one piece of it")
        return True
