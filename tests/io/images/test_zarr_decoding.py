"""Zarr arrays from strangers: bombs in chunks, in shards and in chains of codecs; codecs that run programs."""

from __future__ import annotations

import gzip
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numcodecs
import numpy as np
import psutil
import pytest
import zarr
import zarr.codecs.numcodecs as further
from zarr.codecs import BloscCodec, Crc32cCodec, GzipCodec, ZstdCodec

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.registry import open_volume

BOMB = bytes(300 * 2**20)
VOXELS = np.arange(4 * 8 * 8, dtype=np.uint16).reshape(4, 8, 8)
PACKED: dict[str, tuple[Callable[[], Any], bytes]] = {
    "gzip": (GzipCodec, gzip.compress(BOMB)),
    "zstd": (ZstdCodec, numcodecs.Zstd().encode(BOMB)),
    "blosc": (BloscCodec, numcodecs.Blosc().encode(BOMB)),
    "bz2": (further.BZ2, numcodecs.BZ2().encode(BOMB)),
    "lzma": (further.LZMA, numcodecs.LZMA().encode(BOMB)),
    "zlib": (further.Zlib, numcodecs.Zlib().encode(BOMB)),
    "lz4": (further.LZ4, numcodecs.LZ4().encode(BOMB)),
}
pytestmark = pytest.mark.filterwarnings("ignore:Numcodecs codecs are not in the Zarr")


def _array(path: Path, **how: Any) -> Path:
    array = zarr.create_array(str(path), shape=VOXELS.shape, dtype="uint16", **how)
    array[...] = VOXELS
    return path


def _refused_without_the_memory(path: Path) -> None:
    before = psutil.Process().memory_info().rss
    with pytest.raises(UnreadableFileError, match="incomplete or damaged"):
        open_volume(path).read()
    assert psutil.Process().memory_info().rss - before < 150 * 2**20


@pytest.mark.parametrize("codec", PACKED)
def test_a_chunk_that_unpacks_without_end_is_refused_without_the_memory(tmp_path: Path, codec: str) -> None:
    packer, bomb = PACKED[codec]
    path = _array(tmp_path / "a.zarr", chunks=VOXELS.shape, compressors=packer())
    np.testing.assert_array_equal(open_volume(path).read(), VOXELS)
    (path / "c" / "0" / "0" / "0").write_bytes(bomb)
    _refused_without_the_memory(path)


@pytest.mark.parametrize("codec", PACKED)
def test_a_piece_of_a_shard_that_unpacks_without_end_is_refused(tmp_path: Path, codec: str) -> None:
    packer, bomb = PACKED[codec]
    path = _array(tmp_path / "a.zarr", chunks=(2, 8, 8), shards=(4, 8, 8), compressors=packer())
    np.testing.assert_array_equal(open_volume(path).read(), VOXELS)
    index = np.array([[0, len(bomb)], [0, len(bomb)]], "<u8").tobytes()
    checked = index + bytes(numcodecs.CRC32C(location="end").encode(index))[-4:]
    (path / "c" / "0" / "0" / "0").write_bytes(bomb + checked)
    _refused_without_the_memory(path)


def test_a_bomb_inside_a_bomb_is_refused(tmp_path: Path) -> None:
    path = _array(tmp_path / "a.zarr", chunks=VOXELS.shape, compressors=[GzipCodec(), ZstdCodec(), Crc32cCodec()])
    np.testing.assert_array_equal(open_volume(path).read(), VOXELS)
    inner = gzip.compress(BOMB)
    (path / "c" / "0" / "0" / "0").write_bytes(numcodecs.CRC32C(location="end").encode(numcodecs.Zstd().encode(inner)))
    _refused_without_the_memory(path)


@pytest.mark.parametrize("packer", [numcodecs.GZip(), numcodecs.Zstd(), numcodecs.Blosc(), numcodecs.LZ4()])
def test_chunks_of_version_2_are_bounded_too(tmp_path: Path, packer: Any) -> None:
    path = _array(tmp_path / "a.zarr", chunks=VOXELS.shape, compressors=packer, zarr_format=2)
    np.testing.assert_array_equal(open_volume(path).read(), VOXELS)
    (path / "0.0.0").write_bytes(bytes(packer.encode(BOMB)))
    _refused_without_the_memory(path)


def test_filters_that_change_the_width_of_voxels_are_read(tmp_path: Path) -> None:
    filters = [numcodecs.AsType("float64", "uint16")]
    path = _array(tmp_path / "a.zarr", chunks=VOXELS.shape, filters=filters, zarr_format=2)
    np.testing.assert_array_equal(open_volume(path).read(), VOXELS)


class _Harm:
    def __reduce__(self) -> Any:
        return os.mkdir, ("harm",)


@pytest.mark.parametrize("place", ["compressor", "first filter", "second filter"])
def test_an_array_that_would_run_a_program_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = _array(tmp_path / "a.zarr", chunks=VOXELS.shape, compressors=None, zarr_format=2)
    described = json.loads((path / ".zarray").read_text())
    harm: dict[str, Any] = {"id": "pickle", "protocol": 5}
    delta: dict[str, Any] = {"id": "delta", "dtype": "<u2"}
    described |= {
        "compressor": {"compressor": harm},
        "first filter": {"filters": [harm, delta]},
        "second filter": {"filters": [delta, harm]},
    }[place]
    (path / ".zarray").write_text(json.dumps(described))
    (path / "0.0.0").write_bytes(pickle.dumps(_Harm()))
    with pytest.raises(UnreadableFileError):
        open_volume(path).read()
    assert not (tmp_path / "harm").exists()


def test_shards_of_far_too_many_pieces_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    zarr.create_array(str(path), shape=(1, 4096, 4096), chunks=(1, 1, 1), shards=(1, 4096, 4096), dtype="uint8")
    with pytest.raises(UnreadableFileError, match="cut into more pieces than fit"):
        open_volume(path)
