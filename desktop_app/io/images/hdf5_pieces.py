"""The packed pieces of an HDF5 array, held against their size before the library unpacks them."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.unpacking import require_bounded

_DEFLATE = 1  # number of the filter by the HDF5 specification, and the only one built in that may grow without end
_SMALL_BYTES = 2**20  # unpacks to 1 GB at most, for a moment; to count pieces of this size would double their time


def require_bounded_pieces(path: Path, dataset: Any, index: tuple[Any, ...]) -> None:
    """No piece of a part that is to be read becomes larger than the pieces of its array are.

    Args:
        path: The file, for the error.
        dataset: Of h5py.
        index: A whole number or a slice for each axis.

    Raises:
        UnreadableFileError: If one does.
    """
    plist = dataset.id.get_create_plist()
    filters = {plist.get_filter(i)[0] for i in range(plist.get_nfilters())}
    if dataset.chunks is None or _DEFLATE not in filters:
        return
    spans = [(i, i + 1) if isinstance(i, int) else (i.start, i.stop) for i in index]
    pieces = (range(a // n * n, b, n) for (a, b), n in zip(spans, dataset.chunks, strict=True))
    most = math.prod(dataset.chunks) * dataset.dtype.itemsize
    for place in itertools.product(*pieces):
        stored = dataset.id.get_chunk_info_by_coord(place)
        if stored.byte_offset is None or stored.size <= _SMALL_BYTES:
            continue
        try:
            require_bounded("zlib", dataset.id.read_direct_chunk(place)[1], most)
        except ValueError as error:
            raise UnreadableFileError(
                path, "a piece of it becomes larger than it should be.", hint="Do not trust it.", details=repr(error)
            ) from error
