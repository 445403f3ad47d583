"""Decoding the pieces of a Zarr array with care: by known codecs alone, and no piece larger than it may be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import zarr
from zarr.abc.codec import Codec
from zarr.codecs import ShardingCodec
from zarr.codecs._v2 import V2Codec
from zarr.core.array_spec import ArraySpec
from zarr.core.buffer import Buffer, NDBuffer
from zarr.core.codec_pipeline import BatchedCodecPipeline
from zarr.registry import register_pipeline

from desktop_app.io.unpacking import COMPRESSIONS, require_bounded

_CHECKSUMS = ("crc32c", "crc32", "adler32", "fletcher32", "jenkins_lookup3")
_REORDERING = ("bytes", "transpose", "shuffle", "delta", "bitround", "quantize", "sharding_indexed")
_REWRITING = ("fixedscaleoffset", "packbits", "astype")
"""Filters that store voxels in a type of another width."""
_KNOWN = frozenset((*COMPRESSIONS, *_CHECKSUMS, *_REORDERING, *_REWRITING))
_WIDEST = 8  # times as many bytes in the widest type of voxels (float64) as in the narrowest
_BYTES_IN_INDEX = 16  # of a shard for each of its pieces: offset and length
_SPARE = 4  # a fourth more may stand between stages; a judgement: packing what cannot be packed adds less
_ROOM = 65_536  # bytes that heads and checksums may add
_MOST_IN_A_SHARD = 2**20  # pieces; each is an entry in memory, and real shards have some thousand


@dataclass(frozen=True)
class BoundedPipeline(BatchedCodecPipeline):
    """Looks at each piece before the library unpacks it, at every stage, also inside of shards."""

    async def decode_batch(
        self, chunk_bytes_and_specs: Iterable[tuple[Buffer | None, ArraySpec]]
    ) -> Iterable[NDBuffer | None]:
        """As the parent.

        Raises:
            ValueError: If a piece becomes larger than it may.
        """
        pairs = list(chunk_bytes_and_specs)
        data, specs = [piece for piece, _ in pairs], [spec for _, spec in pairs]
        for codec in reversed(self.bytes_bytes_codecs):
            for piece, spec in zip(data, specs, strict=True):
                _require_piece(_name(codec), piece, self._most(spec))
            data = list(await codec.decode(zip(data, specs, strict=True)))
        if isinstance(self.array_bytes_codec, V2Codec) and self.array_bytes_codec.compressor is not None:
            for piece, spec in zip(data, specs, strict=True):
                _require_piece(self.array_bytes_codec.compressor.codec_id, piece, self._most(spec))
        inner = replace(self, bytes_bytes_codecs=())
        return await super(BoundedPipeline, inner).decode_batch(zip(data, specs, strict=True))

    def _most(self, spec: ArraySpec) -> int:
        """Bytes that a piece may become at any stage before its last."""
        exact = _bytes_of(spec.shape, spec.dtype.to_native_dtype().itemsize)
        before = self.array_bytes_codec
        if isinstance(before, ShardingCodec):
            return exact + exact // _SPARE + _ROOM + _BYTES_IN_INDEX * _pieces(spec.shape, before.chunk_shape)
        filtered = bool(self.array_array_codecs) or bool(isinstance(before, V2Codec) and before.filters)
        staged = len(self.bytes_bytes_codecs) > 1
        return exact * (_WIDEST if filtered else 1) + (exact // _SPARE + _ROOM if staged or filtered else 0)


def use_bounded_pipeline() -> None:
    """Have the library decode with ``BoundedPipeline``; it finds pipelines by name, also for what lies in shards."""
    name = f"{BoundedPipeline.__module__}.{BoundedPipeline.__qualname__}"
    if zarr.config.get("codec_pipeline.path") != name:  # with every image; to set it takes ten times as long
        register_pipeline(BoundedPipeline)
        zarr.config.set({"codec_pipeline.path": name})


def refusal(array: zarr.Array[Any]) -> str:
    """Why an array is not read: an unknown codec, or shards in too small pieces; empty if all is well.

    Codecs of Zarr may do anything, ``pickle`` also run programs; so those not known are not tried.
    """
    unknown = sorted({name for name in map(_name, _codecs(array)) if name not in _KNOWN})
    if unknown:
        return f"it is stored in a way that is not known here ({', '.join(unknown)})."
    if array.shards is not None and _pieces(array.shards, array.chunks) > _MOST_IN_A_SHARD:
        return "its shards are cut into more pieces than fit into memory."
    return ""


def _codecs(array: zarr.Array[Any]) -> Iterator[Any]:
    """All codecs of an array and of its shards; of version 2, filters and compressor."""
    if array.metadata.zarr_format == 2:
        yield from array.metadata.filters or ()
        if array.metadata.compressor is not None:
            yield array.metadata.compressor
        return
    yield from _nested(array.metadata.codecs)


def _nested(codecs: Iterable[Codec]) -> Iterator[Codec]:
    for codec in codecs:
        yield codec
        if isinstance(codec, ShardingCodec):
            yield from _nested(codec.codecs)
            yield from _nested(codec.index_codecs)


def _name(codec: Any) -> str:
    """A codec's name, the same in all versions of Zarr."""
    name = getattr(codec, "codec_id", None) or codec.to_dict()["name"]
    return str(name).removeprefix("numcodecs.")


def _require_piece(codec: str, piece: Buffer | None, most: int) -> None:
    if piece is not None and codec in COMPRESSIONS:
        require_bounded(codec, memoryview(piece.to_bytes()), most)


def _bytes_of(shape: Iterable[int], itemsize: int) -> int:
    return math.prod(shape) * itemsize


def _pieces(shard: Iterable[int], piece: Iterable[int]) -> int:
    return math.prod(-(-a // b) for a, b in zip(shard, piece, strict=True))
