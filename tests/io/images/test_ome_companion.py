"""OME-TIFF sets whose description is a file of its own."""

from __future__ import annotations

import uuid
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import ImageReading, VoxelSize
from desktop_app.io.images.registry import list_images, list_series, open_volume

HEAD = '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"'
SIZE = (
    'Type="uint16" SizeX="20" SizeY="16" SizeZ="3" SizeC="1" SizeT="1" '
    'PhysicalSizeX="0.5" PhysicalSizeY="0.5" PhysicalSizeZ="2"'
)
DATA = np.random.default_rng(0).integers(0, 999, (2, 3, 16, 20), np.uint16)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images of three slices each, a file for each slice, all described by one more."""
    images, own = "", uuid.UUID(int=99).urn
    for i in range(2):
        places = ""
        for z in range(3):
            name, number = f"s{i}_z{z}.ome.tif", uuid.UUID(int=10 * i + z + 1).urn
            described = f'{HEAD} UUID="{number}"><BinaryOnly MetadataFile="set.companion.ome" UUID="{own}"/></OME>'
            tifffile.imwrite(tmp_path / name, DATA[i, z], description=described, metadata=None)
            places += f'<TiffData FirstZ="{z}" PlaneCount="1"><UUID FileName="{name}">{number}</UUID></TiffData>'
        images += (
            f'<Image ID="Image:{i}" Name="well {i}"><Pixels ID="Pixels:{i}" DimensionOrder="XYZCT" {SIZE}>'
            f'<Channel ID="Channel:{i}:0" SamplesPerPixel="1"/>{places}</Pixels></Image>'
        )
    (tmp_path / "set.companion.ome").write_text(f'{HEAD} UUID="{own}">{images}</OME>', encoding="utf-8")
    return tmp_path


def test_every_file_and_the_description_open_the_whole_image(folder: Path) -> None:
    for name, series, image in (("s0_z2.ome.tif", "", 0), ("s1_z0.ome.tif", "", 1), ("set.companion.ome", "well 1", 1)):
        volume = open_volume(folder / name, reading=ImageReading(series=series))
        np.testing.assert_array_equal(volume.read(), DATA[image])
        assert volume.voxel_size.same_as(VoxelSize(z=2, y=0.5, x=0.5, unit="µm"), 1e-9)
    assert [one.name for one in list_series(folder / "set.companion.ome")] == ["well 0", "well 1"]
    assert "one more image" in " ".join(open_volume(folder / "set.companion.ome").notes)


def test_a_folder_lists_the_set_once(folder: Path) -> None:
    assert len(list_images(folder)) < 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: (folder / "set.companion.ome").unlink(), "description of the whole"),
        (lambda folder: (folder / "set.companion.ome").write_text("<OME><"), "set.companion.ome: it is damaged"),
        (lambda folder: (folder / "s0_z1.ome.tif").unlink(), r"s0_z1\.ome\.tif"),
    ],
)
def test_what_is_missing_is_told(folder: Path, change, words: str) -> None:
    change(folder)
    with pytest.raises(UnreadableFileError, match=words):
        open_volume(folder / "s0_z0.ome.tif")


def test_a_description_points_into_its_folder_only(folder: Path) -> None:
    path = folder / "set.companion.ome"
    path.write_text(path.read_text().replace("s0_z0", "../s0_z0"))
    with pytest.raises(UnreadableFileError, match="outside of its folder"):
        open_volume(path)
