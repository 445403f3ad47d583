from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.imaging import Plane, Region, Volume, VoxelSize
from desktop_app.core.labelling import LabelScheme
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.gui.viewer import detail
from desktop_app.gui.viewer.detail import Frame
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.io.labels.label_file import LabelFile

SHAPE = (4, 1100, 1300)


@pytest.fixture
def viewer(qtbot) -> Iterator[ViewerWidget]:
    viewer = ViewerWidget()
    qtbot.addWidget(viewer)
    edge = round(500 / viewer.devicePixelRatioF())  # the pixels of the screen decide what is read
    viewer.resize(edge, edge)
    viewer.show()
    yield viewer
    viewer.stop()


def stored(folder: Path, spacing: float) -> Volume:
    rows, columns = np.mgrid[: SHAPE[1], : SHAPE[2]]
    data = np.stack([(rows + columns + 1000 * z).astype(np.uint16) for z in range(SHAPE[0])])
    volume = Volume.from_array(data, voxel_size=VoxelSize(z=spacing, y=1, x=1))
    write_volume(folder / "large.ome.zarr", volume.source, volume)
    return open_volume(folder / "large.ome.zarr")


@pytest.fixture
def image(tmp_path: Path) -> Volume:
    """Slices far apart: smaller resolutions have as many."""
    return stored(tmp_path, 5)


def picture(viewer: ViewerWidget) -> tuple[np.ndarray, Frame]:
    (shown,) = viewer.grid.views[Plane.XY].canvas.image.shown
    return shown.picture, shown.frame


def wait_for(qtbot, viewer: ViewerWidget, frame: Frame) -> np.ndarray:
    qtbot.waitUntil(lambda: bool(viewer.grid.views[Plane.XY].canvas.image.shown) and picture(viewer)[1] == frame)
    return picture(viewer)[0]


def test_the_smaller_resolution_is_shown_small_and_the_full_one_when_zoomed_in(qtbot, viewer, image) -> None:
    viewer.set_volume(image)
    viewer.set_layout("xy")
    small = wait_for(qtbot, viewer, Frame(0, 0, 2, 2))
    assert small.shape == (550, 650)
    viewer.navigator.actual_size()
    full = wait_for(qtbot, viewer, Frame())
    np.testing.assert_array_equal(full, image.plane(Plane.XY, 2))


def test_the_slice_itself_is_shown_at_rest_where_smaller_ones_have_fewer(qtbot, viewer, tmp_path: Path) -> None:
    image = stored(tmp_path, 1)
    assert image.smaller[0].factors == (2, 2, 2)
    viewer.set_volume(image)
    viewer.set_layout("xy")
    viewer.navigator.zoom_by(0.8)
    np.testing.assert_array_equal(wait_for(qtbot, viewer, Frame()), image.plane(Plane.XY, 2))


def test_what_is_shown_at_rest_follows_also_where_it_came_while_the_quick_one_was_drawn(
    qtbot, viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = viewer._slices._source
    asked = source.slice

    def both(plane, depth, sight=None, *, sharp=False):
        found = asked(plane, depth, sight, sharp=sharp)
        while not sharp and found is not None and asked(plane, depth, sight, sharp=True) is None:
            pass
        return found

    image = stored(tmp_path, 1)
    viewer.set_volume(image)
    viewer.set_layout("xy")
    viewer.navigator.zoom_by(0.8)
    wait_for(qtbot, viewer, Frame())
    monkeypatch.setattr(source, "slice", both)
    viewer.navigator.set_depth(Plane.XY, 1)
    qtbot.waitUntil(lambda: np.array_equal(picture(viewer)[0], image.plane(Plane.XY, 1)))


def test_grey_values_that_are_means_are_said_to_be_about(qtbot, viewer, image) -> None:
    viewer.set_volume(image)
    viewer.set_layout("xy")
    wait_for(qtbot, viewer, Frame(0, 0, 2, 2))
    point = ToolPoint(Plane.XY, 2, 600.5, 700.5)
    assert viewer._slices.grey_text(point).startswith("about grey ")
    viewer.navigator.actual_size()
    wait_for(qtbot, viewer, Frame())
    assert viewer._slices.grey_text(point) == f"grey {600 + 700 + 2000}"


def test_labels_of_a_large_slice_are_painted_where_they_are_seen(
    qtbot, viewer, image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detail, "_WHOLE_BYTES", 200_000)
    monkeypatch.setattr(detail, "_BLOCK", 64)
    LabelFile.create(tmp_path / "labels.ome.zarr", SHAPE).close()
    store = LabelFile.open(tmp_path / "labels.ome.zarr")
    viewer.set_volume(image)
    viewer.set_layout("xy")
    viewer.set_labels(store, LabelScheme())
    viewer.navigator.actual_size()
    item = viewer.grid.views[Plane.XY].canvas.layers["labels"]
    qtbot.waitUntil(lambda: item.label_at(560, 660) is not None and picture(viewer)[1].exact)
    assert item.label_at(5, 5) is None
    region = Region((2, 555, 655), (3, 565, 665))
    store.write(region, np.full(region.shape, 7, np.uint32))
    viewer.refresh_labels(region)
    assert [item.label_at(r, 660) for r in (554, 555, 564, 565)] == [0, 7, 7, 0]
    viewer.fit()
    qtbot.waitUntil(lambda: item.label_at(5, 5) == 0 and not viewer.is_late(Plane.XY))
    assert item.label_at(560, 660) == 7
    store.write(region, np.zeros(region.shape, np.uint32))
    viewer.refresh_labels(region)
    assert item.label_at(560, 660) == 0
    store.close()
