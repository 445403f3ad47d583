"""OME-Zarr images on a web server of this computer."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import zarr

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import ImageReading, Region, Volume, VoxelSize
from desktop_app.io.images import web_store
from desktop_app.io.images.registry import list_series, open_volume, write_volume
from desktop_app.io.images.web_links import write_link
from tests.io.images.web_server import FolderServer, served

DATA = np.random.default_rng(1).integers(0, 999, (2, 20, 40, 50), np.uint16)  # (C, Z, Y, X)
SIZE = VoxelSize(z=2, y=0.5, x=0.5, unit="µm")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FolderServer]:
    monkeypatch.setattr(web_store, "_PAUSES", (0.0, 0.0))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    web_store.forget_descriptions()
    (tmp_path / "www").mkdir()
    with served(tmp_path / "www") as server:
        yield server


def _put(server: FolderServer, name: str = "cells.ome.zarr", flavour: str = "") -> None:
    volume = Volume.from_array(DATA, voxel_size=SIZE, channel_names=("a", "b"))
    write_volume(server.folder / name, volume.source, volume, flavour=flavour)


@pytest.mark.parametrize("flavour", ["0.4", "0.5"])
@pytest.mark.parametrize("ranges", [True, False])
def test_the_same_as_the_folder_behind_it(flavour: str, ranges: bool, server: FolderServer, tmp_path: Path) -> None:
    _put(server, flavour=flavour)
    server.ranges = ranges
    path = write_link(tmp_path, f"{server.address}/cells.ome.zarr")
    volume, local = open_volume(path), open_volume(server.folder / "cells.ome.zarr")
    assert (volume.name, volume.axes, volume.channel_names) == ("cells", local.axes, ("a", "b"))
    assert volume.voxel_size.same_as(SIZE, 1e-9)
    np.testing.assert_array_equal(volume.read_channels(), DATA)
    again = pickle.loads(pickle.dumps(volume.source))
    np.testing.assert_array_equal(again.read(1, Region((3, 0, 0), (4, 40, 50)))[0], DATA[1, 3])


def test_only_what_is_looked_at_is_asked_for_and_asked_for_once(server: FolderServer, tmp_path: Path) -> None:
    _put(server)
    path = write_link(tmp_path, f"{server.address}/cells.ome.zarr")
    volume = open_volume(path)
    assert all(
        name.rsplit("/", 1)[-1] in (".zattrs", ".zgroup", ".zarray", ".zmetadata", "zarr.json")
        for name, _ in server.asked
    )
    server.asked.clear()
    for z in (0, 1, 2):
        volume.read(Region((z, 0, 0), (z + 1, 40, 50)))
    assert [name for name, _ in server.asked] == ["/cells.ome.zarr/0/0/0/0/0"]
    server.asked.clear()
    open_volume(path)
    assert server.asked == []


def test_a_short_failure_is_waited_out(server: FolderServer, tmp_path: Path) -> None:
    _put(server)
    server.fail = 2
    assert open_volume(write_link(tmp_path, f"{server.address}/cells.ome.zarr")).channels == 2


@pytest.mark.parametrize(
    ("status", "words"),
    [(503, "is too busy"), (401, "does not give it to everybody"), (418, "does not answer properly")],
)
def test_a_server_that_refuses_is_one_sentence(status: int, words: str, server: FolderServer, tmp_path: Path) -> None:
    server.fail, server.status = 999, status
    with pytest.raises(UnreadableFileError, match=rf"a\.zarr: 127\.0\.0\.1 {words}"):
        open_volume(write_link(tmp_path, f"{server.address}/a.zarr"))


def test_out_of_reach_and_back_again(server: FolderServer, tmp_path: Path) -> None:
    _put(server)
    path = write_link(tmp_path, f"{server.address}/cells.ome.zarr")
    volume = open_volume(path)
    port = server.port
    server.close()
    for attempt in (lambda: volume.read(), lambda: open_volume(path).read()):
        with pytest.raises(UnreadableFileError, match=r"cells\.ome\.zarr: 127\.0\.0\.1 cannot be reached"):
            attempt()
    with served(server.folder, port):
        np.testing.assert_array_equal(volume.read_channels(), DATA)


def test_addresses_without_an_image(server: FolderServer, tmp_path: Path) -> None:
    (server.folder / "page.zarr").mkdir()
    (server.folder / "page.zarr/zarr.json").write_text("<html>log in</html>")
    zarr.open_group(str(server.folder / "group.zarr"), mode="w", zarr_format=2)
    for name, words in (
        ("nothing.zarr", "no OME-Zarr image at its address"),
        ("group.zarr", "no OME-Zarr image at its address"),
        ("page.zarr", "sends something else"),
    ):
        with pytest.raises(UnreadableFileError, match=words):
            open_volume(write_link(tmp_path, f"{server.address}/{name}"))


def test_images_of_one_conversion_are_a_choice(server: FolderServer, tmp_path: Path) -> None:
    zarr.open_group(str(server.folder / "many.zarr"), mode="w", zarr_format=2)
    for name in ("0", "1"):
        _put(server, f"made{name}.ome.zarr")
        (server.folder / f"made{name}.ome.zarr").rename(server.folder / "many.zarr" / name)
    path = write_link(tmp_path, f"{server.address}/many.zarr")
    assert [s.name for s in list_series(path)] == ["0", "1"]
    assert open_volume(path, reading=ImageReading(series="1")).channels == 2


def test_addresses_with_a_signature_keep_it(server: FolderServer, tmp_path: Path) -> None:
    _put(server)
    open_volume(write_link(tmp_path, f"{server.address}/cells.ome.zarr?sig=abc"))
    assert {name.partition("?")[2] for name, _ in server.asked} == {"sig=abc"}


def test_a_missing_piece_is_the_fill_value(server: FolderServer, tmp_path: Path) -> None:
    _put(server)
    (server.folder / "cells.ome.zarr/0/0/0/0/0").unlink()
    volume = open_volume(write_link(tmp_path, f"{server.address}/cells.ome.zarr"))
    assert not volume.read(Region((0, 0, 0), (16, 40, 50))).any()


def test_a_piece_larger_than_memory_is_refused(
    server: FolderServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put(server)
    volume = open_volume(write_link(tmp_path, f"{server.address}/cells.ome.zarr"))

    def refuse(path: Path, count: int, what: str) -> None:
        if count > 1000:
            raise UnreadableFileError(path, f"{what} needs more memory")

    monkeypatch.setattr(web_store, "require_memory", refuse)
    with pytest.raises(UnreadableFileError, match="one piece of it needs more memory"):
        volume.read()
