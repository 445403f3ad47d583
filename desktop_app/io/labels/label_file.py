"""Labels of one image on disk, as an OME-Zarr label group that other viewers open."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Region, VoxelSize
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.io.atomic import atomic_folder, remove_leftovers
from desktop_app.io.labels.chunk_ids import KEPT_IDS, ChunkIds
from desktop_app.io.labels.chunks import LABEL_DTYPE, ChunkFolder, spans_of_chunks
from desktop_app.io.labels.label_attributes import (
    ATTRIBUTES,
    attributes_of,
    change_attributes,
    store_max_id,
    stored_max_id,
)
from desktop_app.io.labels.naming import naming
from desktop_app.io.unpacking import unpacking_threads

# Voxels (z, y, x): half a megabyte, so that a stroke rewrites little and a slice needs few files.
_CHUNK: Index3 = (8, 128, 128)
_CHUNK_2D: Index3 = (1, 256, 256)  # the same for pictures
_AT_ONCE, _WORTH_THREADS = 64, 8  # chunks unpacked together (32 MB); from how many on threads are quicker than one
_CACHE_BYTES = 256 * 2**20  # 500 chunks: the neighbourhood of what is seen in three planes
_GROUP = 64  # chunks compressed and written between two looks at the clock and the lock


class LabelFile:
    """A ``LabelStore`` over an OME-Zarr label group (NGFF 0.4, uint32, ZYX).

    Chunks stay in memory while they are used and are written by ``flush``, or earlier where memory runs short.
    ``flush`` may run in another thread than the painting: it takes the state of the moment it began, or of ``freeze``.
    The cache is no ``cachetools.LRUCache``: that would drop a changed chunk at once, also while a flush holds the disk.

    Args:
        path: ``NAME.ome.zarr``. Use ``create`` and ``open``.
        cache_bytes: Memory for chunks.
        title: How the user knows the labels, for errors; the name of the file if empty.
    """

    def __init__(self, path: Path, cache_bytes: int = _CACHE_BYTES, title: str = "") -> None:
        self.path, self._named = path, naming(title)
        with self._named:
            self._chunks = ChunkFolder.open(path)
        self._budget = cache_bytes
        self._cache: OrderedDict[Index3, NDArray[np.uint32] | None] = OrderedDict()
        self._bytes = 0
        self._dirty: set[Index3] = set()
        self._flushing: dict[Index3, NDArray[np.uint32]] = {}
        self._frozen = False
        self._ids = ChunkIds(path / KEPT_IDS, self._chunks.stamp)
        self._closed = False
        self._lock = threading.RLock()
        self._disk = threading.RLock()
        self._force = True
        self._journal_first: Callable[[], None] | None = None
        self._untold: set[Index3] = set()
        with self._named:
            self._max_id = stored_max_id(path)
        self._max_stored = self._max_frozen = self._max_id

    @classmethod
    def create(
        cls, path: Path, shape: Index3, voxel_size: VoxelSize | None = None, scheme: LabelScheme | None = None
    ) -> LabelFile:
        """New, empty labels.

        Args:
            path: ``NAME.ome.zarr``; must not exist.
            shape: (Z, Y, X) of the image.
            voxel_size: Of the image.
            scheme: Names and colours of the classes, for other viewers.

        Raises:
            UnwritableFileError: If the disk refuses.
            UserError: If there already are labels.
        """
        from desktop_app.io.images.ome_zarr_writer import create_array

        if path.exists():
            raise UserError(f"There are already labels in {path.name}.", hint="Open them instead.")
        chunk = _CHUNK if shape[0] > 1 else _CHUNK_2D
        size = voxel_size or VoxelSize.unknown()
        with atomic_folder(path) as temporary:
            extra = attributes_of(scheme or LabelScheme(), 0)
            create_array(temporary, "ZYX", shape, chunk, LABEL_DTYPE, size, extra)
        return cls(path)

    @classmethod
    def open(cls, path: Path, title: str = "") -> LabelFile:
        """Labels written before.

        Args:
            path: ``NAME.ome.zarr``.
            title: How the user knows them, for errors.

        Raises:
            UnreadableFileError: If they are missing, damaged, or come from another program.
        """
        return cls(path, title=title)

    @property
    def shape(self) -> Index3:
        """(Z, Y, X)."""
        return self._chunks.shape

    @property
    def dirty(self) -> bool:
        """Whether there are changes that ``flush`` would write."""
        return bool(self._dirty) or bool(self._flushing) or self._max_id != self._max_stored

    def read(self, region: Region) -> NDArray[np.uint32]:
        """A copy of the labels (Z, Y, X) in ``region``; 0 outside of the image."""
        out = np.zeros(region.shape, np.uint32)
        with self._lock, self._named:
            fetched = 0
            for number, (place, inside, target) in enumerate(self._parts(region)):
                if place in self._cache:  # as ``_chunk`` does, without its call: a slice takes some hundred chunks
                    self._cache.move_to_end(place)
                    chunk = self._cache[place]
                else:
                    if number >= fetched:
                        fetched = number + _AT_ONCE
                        self._fetch(part[0] for part in itertools.islice(self._parts(region), number, fetched))
                    chunk = self._chunk(place)
                if chunk is not None:
                    out[target] = chunk[inside]
        return out

    def write(self, region: Region, values: NDArray[np.uint32]) -> None:
        """Replace the labels in ``region`` by ``values`` (Z, Y, X); what lies outside of the image is left out."""
        with self._lock, self._named:
            for place, inside, source in self._parts(region):
                part = values[source]
                chunk = self._chunk(place)
                if chunk is None and not part.any():
                    continue
                chunk = self._writable(place, chunk)
                chunk[inside] = part
                self._dirty.add(place)
                self._ids.forget(place)
                if self._journal_first is not None:
                    self._untold.add(place)
            if self._max_id is not None and values.size:
                self._max_id = max(self._max_id, int(values.max()))
            self._make_room()

    def pieces(self) -> list[Region]:
        """The boxes of all chunks that are not empty."""
        with self._lock:
            return [self._box(place) for place in self._filled_places()]

    def holds(self, piece: Region, ids: NDArray[np.uint32]) -> bool:
        """Whether one of ``pieces`` has voxels of ``ids``, which are sorted; a chunk is read once for this."""
        z, y, x = (start // chunk for start, chunk in zip(piece.start, self._chunks.chunk, strict=True))
        place = (z, y, x)
        with self._lock, self._named:
            if not self._ids.known(place):
                self._ids.learn(place, self._chunk(place))
            return self._ids.any_of(place, ids)

    def learn_ids(self) -> None:
        """Look which ids each chunk holds, so that the first search for an object is quick; for another thread.

        Ends early when the labels are closed, and where a chunk cannot be read: whoever needs that is told then.
        """
        for place in self._filled_places_now():
            with self._lock:
                if self._closed:
                    return
                if self._ids.known(place):
                    continue
                values = self._cache.get(place)
                try:
                    if place not in self._cache:
                        values = self._flushing.get(place) if place in self._flushing else self._chunks.read(place)
                except UserError:
                    return
                self._ids.learn(place, values)
        with self._lock:
            self._ids.keep(self._dirty | self._flushing.keys())

    def _filled_places_now(self) -> list[Index3]:
        with self._lock:
            return self._filled_places()

    def keep_journal(self, force: Callable[[], None]) -> None:
        """From now on nothing is stored before a journal knows it; ``journal_knows`` says when.

        Args:
            force: Forces the journal onto the disk.
        """
        self._journal_first = force

    def journal_knows(self) -> None:
        """All that was written until now is in the journal, so that it may be stored."""
        with self._lock:
            self._untold.clear()
            self._make_room()

    def freeze(self) -> None:
        """Take the state of now for the next ``flush``; what is painted later waits for the one after."""
        with self._lock:
            if not self._frozen:
                self._flushing = {p: c for p in self._dirty if (c := self._cache[p]) is not None}
                self._dirty.clear()
                self._frozen, self._max_frozen = True, self._max_id

    def thaw(self) -> None:
        """Give up what ``freeze`` took: it is as changed as before."""
        with self._lock:
            for place, values in self._flushing.items():
                if place not in self._cache:
                    self._cache[place] = values
                    self._bytes += values.nbytes
                self._dirty.add(place)
            self._flushing, self._frozen = {}, False

    def flush(self) -> None:
        """Write all changes to disk, or those before ``freeze`` where that was called.

        Raises:
            UnwritableFileError: If the disk refuses; the changes stay in memory and are tried again next time.
        """
        with self._disk, self._named:
            self.freeze()
            try:
                places = list(self._flushing)
                for group in (places[i : i + _GROUP] for i in range(0, len(places), _GROUP)):
                    self._chunks.write({place: self._flushing[place] for place in group}, force=self._force)
                    with self._lock:
                        for place in group:
                            del self._flushing[place]
                if self._max_frozen != self._max_stored:
                    store_max_id(self.path, self._max_frozen)
                    self._max_stored = self._max_frozen
            finally:
                self.thaw()

    @contextmanager
    def copying(self) -> Iterator[None]:
        """Much quicker for many chunks: what is written inside is not forced onto the disk; it can be copied again."""
        self._force = False
        try:
            yield
            self.flush()
        finally:
            self._force = True

    def close(self) -> None:
        """Write all changes and let go of the memory."""
        self.flush()
        with self._lock:
            self._closed = True
            self._ids.keep()
            self._cache.clear()
            self._bytes = 0

    def remove_leftovers(self) -> None:
        """Remove what a killed program has left half written here; only while nobody else writes."""
        self._chunks.remove_leftovers()
        remove_leftovers([self.path / ATTRIBUTES, self.path / KEPT_IDS])

    def max_id(self) -> int:
        """The largest id ever used here, so that a new object never takes over an old one's id; 0 without labels."""
        with self._lock:
            if self._max_id is None:
                self._max_id = max((int(values.max(initial=0)) for values in self._filled()), default=0)
            return self._max_id

    def used_ids(self) -> NDArray[np.uint32]:
        """All ids now present, ascending, without 0. Reads everything that is not empty."""
        with self._lock:
            found = [np.unique(values) for values in self._filled()]
        ids = np.unique(np.concatenate(found)) if found else np.zeros(0, np.uint32)
        return ids[ids > 0]

    def set_scheme(self, scheme: LabelScheme) -> None:
        """Write names and colours of the classes for other viewers, where they have changed."""
        with self._disk:
            change_attributes(self.path, attributes_of(scheme, self._max_stored))

    def _filled_places(self) -> list[Index3]:
        return sorted({*self._chunks.places(), *(p for p, c in self._cache.items() if c is not None)})

    def _filled(self) -> Iterator[NDArray[np.uint32]]:
        for place in self._filled_places():
            cached = self._cache[place] if place in self._cache else self._flushing.get(place)
            values = cached if cached is not None or place in self._cache else self._chunks.read(place)
            if values is not None:
                yield values

    def _box(self, place: Index3) -> Region:
        """The part of the image that a chunk covers."""
        (z, y, x), (depth, height, width) = place, self._chunks.chunk
        start = z * depth, y * height, x * width
        return Region(start, (start[0] + depth, start[1] + height, start[2] + width)).intersect(
            Region.whole(self.shape)
        )

    def _parts(self, region: Region) -> Iterator[tuple[Index3, tuple[slice, ...], tuple[slice, ...]]]:
        """Chunks that ``region`` touches, with the index inside the chunk and inside the region."""
        spans = map(spans_of_chunks, region.start, region.stop, self._chunks.chunk, self._chunks.shape)
        for z, y, x in itertools.product(*spans):
            yield (z[0], y[0], x[0]), (z[1], y[1], x[1]), (z[2], y[2], x[2])

    def _fetch(self, places: Iterable[Index3]) -> None:
        """Have chunks in memory that will be asked for, unpacked side by side."""
        missing = [p for p in places if p not in self._cache and p not in self._flushing]
        if len(missing) < _WORTH_THREADS:
            return
        for place, values in zip(missing, unpacking_threads().map(self._chunks.read, missing), strict=True):
            self._cache[place] = values
            self._bytes += 0 if values is None else values.nbytes
        self._make_room()

    def _chunk(self, place: Index3) -> NDArray[np.uint32] | None:
        if place in self._cache:
            self._cache.move_to_end(place)
            return self._cache[place]
        values = self._flushing[place] if place in self._flushing else self._chunks.read(place)
        self._cache[place] = values
        self._bytes += 0 if values is None else values.nbytes
        self._make_room()
        return values

    def _writable(self, place: Index3, chunk: NDArray[np.uint32] | None) -> NDArray[np.uint32]:
        """The chunk as an array that no flush is writing at the moment."""
        if chunk is None:
            fresh = np.zeros(self._chunks.shape_of(place), np.uint32)
            self._bytes += fresh.nbytes
        elif self._flushing.get(place) is chunk:
            fresh = chunk.copy()
        else:
            return chunk
        self._cache[place] = fresh
        return fresh

    def _make_room(self) -> None:
        """Drop the chunks used longest ago; changed ones are written first, unless a flush is busy writing.

        What the journal does not know yet stays, also beyond the budget.
        """
        if self._bytes <= self._budget or self._frozen or not self._disk.acquire(blocking=False):
            return
        try:
            for place in self._to_leave():
                if place in self._dirty:
                    self._write_oldest()
                values = self._cache.pop(place)
                self._bytes -= 0 if values is None else values.nbytes
        finally:
            self._disk.release()

    def _to_leave(self) -> list[Index3]:
        """Chunks used longest ago, until the rest fits the budget; never the one used last."""
        places, above = [], self._bytes - self._budget
        for place, values in itertools.islice(self._cache.items(), len(self._cache) - 1):
            if above <= 0:
                break
            if place not in self._untold:
                places.append(place)
                above -= 0 if values is None else values.nbytes
        return places

    def _write_oldest(self) -> None:
        """Write some of the changed chunks that were used longest ago."""
        if self._journal_first is not None:
            self._journal_first()
        free = self._dirty - self._untold
        changed = ((p, c) for p, c in self._cache.items() if p in free and c is not None)
        group = dict(itertools.islice(changed, _GROUP))
        self._chunks.write(group, force=self._force)
        self._dirty -= group.keys()
