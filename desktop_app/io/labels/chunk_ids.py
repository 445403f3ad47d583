"""Which ids each chunk of a label file holds, so that an object is found without reading all others."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import fastremap
import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3
from desktop_app.io.atomic import write_bytes

Stamp: TypeAlias = tuple[int, int]
"""Time of the last change in ns, and bytes: another one, and the file of a chunk holds something else."""
KEPT_IDS = ".voxelwright-ids"
"""Name of the file beside the array; hidden, so that other viewers leave it alone."""
_HEAD = np.dtype([("magic", "S8"), ("checksum", "<u4"), ("chunks", "<i8")])
_MAGIC = b"VWIDS-1"
_YOUNG_NS = 3_000_000_000
"""A file that changed so shortly ago may change again within one tick of its clock, which is 2 s on FAT."""
_PLACE = np.dtype([("place", "<i4", 3), ("changed", "<i8"), ("bytes", "<i8"), ("ids", "<i8")])


class ChunkIds:
    """Ids by chunk, learned when a chunk is first asked about and forgotten when it changes.

    They are kept beside the chunks, too: labels that are opened again need not be read to find an object. What is kept
    of a chunk counts while its file is as it was; a kept file that is missing or damaged only costs time.
    Memory: 4 bytes for each object in each chunk that it touches, some 40 MB for a million small objects.

    Args:
        kept: The file.
        stamp_of: Tells of the file of a chunk when it was changed; None where there is none.
    """

    def __init__(self, kept: Path | None = None, stamp_of: Callable[[Index3], Stamp | None] = lambda _: None) -> None:
        self._ids: dict[Index3, NDArray[np.uint32]] = {}
        self._kept, self._stamp_of = kept, stamp_of
        self._earlier: dict[Index3, tuple[Stamp, NDArray[np.uint32]]] | None = None if kept is not None else {}
        self._learned = False

    def known(self, place: Index3) -> bool:
        """Whether the ids of a chunk are known."""
        return place in self._ids or self._still_holds(place)

    def learn(self, place: Index3, values: NDArray[np.uint32] | None) -> None:
        """Remember the ids of a chunk; None is an empty one."""
        self._ids[place] = np.zeros(0, np.uint32) if values is None else np.asarray(fastremap.unique(values))
        self._learned = True

    def forget(self, place: Index3) -> None:
        """The chunk has changed."""
        self._ids.pop(place, None)
        if self._earlier is None:
            self._earlier = self._read()
        self._earlier.pop(place, None)

    def any_of(self, place: Index3, ids: NDArray[np.uint32]) -> bool:
        """Whether a known chunk holds one of ``ids``, which are sorted."""
        held = self._ids[place]
        if held.size == 0 or ids.size == 0:
            return False
        found = np.minimum(np.searchsorted(held, ids), held.size - 1)
        return bool((held[found] == ids).any())

    def keep(self, changing: Iterable[Index3] = ()) -> None:
        """Write down what is known of all chunks but ``changing`` ones; nothing happens where the disk refuses."""
        if self._kept is None or not self._learned:
            return
        self._learned = False
        young, without = time.time_ns() - _YOUNG_NS, set(changing)
        rows, ids = [], []
        for place, held in self._ids.items():
            stamp = None if place in without else self._stamp_of(place)
            if stamp is not None and stamp[0] < young:
                rows.append((place, *stamp, held.size))
                ids.append(held)
        data = np.array(rows, _PLACE).tobytes() + b"".join(held.astype("<u4").tobytes() for held in ids)
        with suppress(UserError):
            write_bytes(self._kept, np.array((_MAGIC, zlib.crc32(data), len(rows)), _HEAD).tobytes() + data)

    def _still_holds(self, place: Index3) -> bool:
        """Take over what was known of a chunk earlier, where its file is as it was."""
        if self._earlier is None:
            self._earlier = self._read()
        stamp, held = self._earlier.pop(place, (None, None))
        if held is None or self._stamp_of(place) != stamp:
            return False
        self._ids[place] = held
        return True

    def _read(self) -> dict[Index3, tuple[Stamp, NDArray[np.uint32]]]:
        """What was kept; nothing where it is missing or damaged."""
        try:
            data = self._kept.read_bytes() if self._kept is not None else b""
        except OSError:
            return {}
        head, data = (
            np.frombuffer(data[: _HEAD.itemsize].ljust(_HEAD.itemsize, b"\0"), _HEAD)[0],
            data[_HEAD.itemsize :],
        )
        if head["magic"] != _MAGIC or head["checksum"] != zlib.crc32(data):
            return {}
        rows = np.frombuffer(data, _PLACE, int(head["chunks"]))
        ids = np.frombuffer(data, "<u4", offset=rows.nbytes).astype(np.uint32)
        parts = np.split(ids, np.cumsum(rows["ids"])[:-1]) if rows.size else []
        places, stamps = rows["place"].tolist(), zip(rows["changed"].tolist(), rows["bytes"].tolist(), strict=True)
        return {(z, y, x): (s, held) for (z, y, x), s, held in zip(places, stamps, parts, strict=True)}
