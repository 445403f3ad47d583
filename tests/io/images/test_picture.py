"""PNG and JPEG pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import open_volume

GREY = (np.arange(48 * 64) % 251).reshape(48, 64).astype(np.uint8)
COLOUR = np.stack([GREY, GREY[::-1], GREY[:, ::-1]], axis=-1)


@pytest.mark.parametrize("scale", [1, 257])
def test_grey_pictures(tmp_path: Path, scale: int) -> None:
    voxels = GREY if scale == 1 else GREY.astype(np.uint16) * scale
    Image.fromarray(voxels).save(tmp_path / "a.png")
    volume = open_volume(tmp_path / "a.png")
    assert (volume.axes, volume.dtype, volume.rgb, volume.voxel_size.known) == ("YX", voxels.dtype, False, False)
    np.testing.assert_array_equal(volume.read()[0], voxels)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colour_pictures(tmp_path: Path, mode: str) -> None:
    Image.fromarray(COLOUR).convert(mode).save(tmp_path / "a.png")
    volume = open_volume(tmp_path / "a.png")
    assert (volume.rgb, volume.channels) == (True, 3)
    np.testing.assert_array_equal(volume.read_channels()[:, 0], np.moveaxis(COLOUR, -1, 0))


def test_jpeg(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "a.JPG", format="JPEG", quality=95)
    assert open_volume(tmp_path / "a.JPG").shape == (1, 48, 64)


def test_index_of_a_palette_is_the_label(tmp_path: Path) -> None:
    picture = Image.fromarray(GREY % 5)
    picture.putpalette([v for i in range(256) for v in (i, 255 - i, 7)])
    picture.save(tmp_path / "a.png")
    np.testing.assert_array_equal(open_labels(tmp_path / "a.png").read()[0], GREY % 5)


def test_colour_labels_are_refused(tmp_path: Path) -> None:
    Image.fromarray(COLOUR).save(tmp_path / "a.png")
    with pytest.raises(UnreadableFileError, match="colour picture"):
        open_labels(tmp_path / "a.png")


@pytest.mark.parametrize("ending", ["png", "jpg"])
@pytest.mark.parametrize("keep", [0, 1, 30, 300])
def test_cut_off_pictures(tmp_path: Path, ending: str, keep: int) -> None:
    Image.fromarray(COLOUR).save(tmp_path / f"cells.{ending}")
    data = (tmp_path / f"cells.{ending}").read_bytes()
    (tmp_path / f"cells.{ending}").write_bytes(data[:keep])
    with pytest.raises(UnreadableFileError, match=f"cells.{ending}"):
        open_volume(tmp_path / f"cells.{ending}")


def test_pictures_beyond_the_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.fromarray(GREY).save(tmp_path / "cells.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(UnreadableFileError, match=r"cells\.png: the picture is too large"):
        open_volume(tmp_path / "cells.png")
