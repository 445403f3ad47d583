"""Images at web addresses, reached by jobs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume
from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.io.images import web_store
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.jobs.data.convert import convert_image
from desktop_app.jobs.data.web_images import add_web_image, reach_image
from tests.io.images.web_server import served

DATA = np.random.default_rng(1).integers(0, 200, (4, 20, 30), np.uint8)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_store, "_PAUSES", (0.0, 0.0))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    web_store.forget_descriptions()


def _publish(folder: Path) -> None:
    volume = Volume.from_array(DATA)
    write_volume(folder / "cells.ome.zarr", volume.source, volume)


def test_an_image_is_added_reached_and_copied(tmp_path: Path) -> None:
    _publish(tmp_path / "www")
    with served(tmp_path / "www") as server:
        path = add_web_image(tmp_path / "web", f"{server.address}/cells.ome.zarr/", RecordingContext())
        assert path == tmp_path / "web/cells.web.json"
        assert reach_image(path, RecordingContext()) == path
        copy = convert_image(path, tmp_path / "copy.tif", RecordingContext())
    np.testing.assert_array_equal(open_volume(copy).read(), DATA)


def test_what_is_not_there_is_not_added(tmp_path: Path) -> None:
    _publish(tmp_path / "www")
    with served(tmp_path / "www") as server:
        with pytest.raises(UserError, match=r"/other\.zarr: there is no OME-Zarr image at its address"):
            add_web_image(tmp_path / "web", f"{server.address}/other.zarr", RecordingContext())
        kept = add_web_image(tmp_path / "web", f"{server.address}/cells.ome.zarr", RecordingContext())
        address = f"{server.address}/cells.ome.zarr"
    web_store.forget_descriptions()
    with pytest.raises(UserError, match="cannot be reached"):
        add_web_image(tmp_path / "web", address, RecordingContext())
    assert list((tmp_path / "web").iterdir()) == [kept]  # one that was added before stays


def test_stopped_before_it_asks(tmp_path: Path) -> None:
    with pytest.raises(JobCancelled):
        add_web_image(tmp_path / "web", "https://127.0.0.1:1/a.zarr", RecordingContext(cancel_after=1))
    assert list((tmp_path / "web").iterdir()) == []
