from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.config.app_settings import AppSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import AS_STATED, Region
from desktop_app.core.job import JobCancelled, Progress, RecordingContext
from desktop_app.io.images import ome_zarr_image
from desktop_app.io.images.browsing_copies import find_copy, list_copies
from desktop_app.io.images.registry import open_volume
from desktop_app.io.settings import save_settings
from desktop_app.jobs.data.browsing_copy import prepare_for_browsing


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "scan.tif"
    data = np.random.default_rng(0).integers(0, 255, (50, 1100, 40), dtype=np.uint8)
    tifffile.imwrite(path, data, compression="zlib")
    return path


def test_progress_reaches_the_end_and_a_second_time_nothing_is_done(image: Path) -> None:
    ctx = RecordingContext()
    result = prepare_for_browsing(image, ctx)
    assert result.made
    last = ctx.of_kind(Progress)[-1]
    assert last.done == last.total == 4
    assert not prepare_for_browsing(image, RecordingContext()).made


def test_a_stopped_copy_goes_on_where_it_was(image: Path) -> None:
    with pytest.raises(JobCancelled):
        prepare_for_browsing(image, RecordingContext(cancel_after=3))
    assert find_copy(image, AS_STATED) is None
    assert [copy.whole for copy in list_copies()] == [False]
    ctx = RecordingContext()
    prepare_for_browsing(image, ctx)
    assert [p.done for p in ctx.of_kind(Progress)] == [2, 3, 4]
    copy = open_volume(image)
    np.testing.assert_array_equal(copy.read(), tifffile.imread(image))
    small = copy.at_resolution(1).read(0, Region.whole(copy.smaller[0].shape))
    assert small.any(axis=(1, 2)).all()


def test_a_copy_begun_with_other_pieces_goes_on_with_those(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ome_zarr_image, "_LARGE_SLICE", 1_000_000)
    monkeypatch.setattr(ome_zarr_image, "COPY_CHUNK", (25, 64, 16))
    with pytest.raises(JobCancelled):
        prepare_for_browsing(image, RecordingContext(cancel_after=2))
    monkeypatch.setattr(ome_zarr_image, "COPY_CHUNK", (25, 1024, 16))
    prepare_for_browsing(image, RecordingContext())
    np.testing.assert_array_equal(open_volume(image).read(), tifffile.imread(image))


class _Killed(RecordingContext):
    def report(self, event: object) -> None:
        if isinstance(event, Progress) and event.done == 2:
            os._exit(9)


def _run(image: Path) -> None:
    prepare_for_browsing(image, _Killed())


def test_a_killed_copy_goes_on_where_it_was(image: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(image,))
    process.start()
    process.join()
    assert process.exitcode == 9
    ctx = RecordingContext()
    prepare_for_browsing(image, ctx)
    assert ctx.of_kind(Progress)[0].done == 2
    np.testing.assert_array_equal(open_volume(image).read(), tifffile.imread(image))


def test_a_folder_with_nothing_that_counts_is_begun_anew(image: Path) -> None:
    with pytest.raises(JobCancelled):
        prepare_for_browsing(image, RecordingContext(cancel_after=2))
    (part,) = list_copies()
    (part.folder / "so-far.json").write_text("{}")
    prepare_for_browsing(image, RecordingContext())
    np.testing.assert_array_equal(open_volume(image).read(), tifffile.imread(image))


def test_a_copy_larger_than_all_copies_may_be_is_refused(tmp_path: Path) -> None:
    save_settings(AppSettings(copies_disk_gb=1))
    path = tmp_path / "large.tif"
    tifffile.memmap(path, shape=(300, 2000, 2000), dtype=np.uint8).flush()
    with pytest.raises(UserError, match=r"1600 MB, more than all copies may take \(1000 MB\)"):
        prepare_for_browsing(path, RecordingContext())


def test_an_image_in_small_pieces_is_refused(image: Path, tmp_path: Path) -> None:
    from desktop_app.jobs.data.convert import convert_image

    zarr = convert_image(image, tmp_path / "scan.ome.zarr", RecordingContext())
    with pytest.raises(UserError, match="in small pieces already"):
        prepare_for_browsing(zarr, RecordingContext())
