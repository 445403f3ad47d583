"""Channels in files of their own are one image in the folders of nnU-Net, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import Region
from desktop_app.io.atomic import write_json
from desktop_app.io.images.registry import channel_files, files_of, image_stem, list_images, open_volume
from tests.image_files import saved

SHAPE = (3, 6, 8)


def case(folder: Path, name: str = "liver ü", channels: int = 2) -> list[Path]:
    kinds = (np.uint8, np.uint16, np.float32)
    arrays = [np.full(SHAPE, 10 + channel, kinds[channel % 3]) for channel in range(channels)]
    return [saved(folder / f"{name}_{n:04d}.nii.gz", array) for n, array in enumerate(arrays)]


def test_the_channels_of_a_case_are_one_image(tmp_path: Path) -> None:
    files = case(tmp_path / "imagesTr")
    image = open_volume(files[0])
    assert (image.channels, image.shape, image.dtype, image.axes) == (2, SHAPE, np.uint16, "CZYX")
    box = Region((1, 2, 3), (2, 4, 6))
    assert [np.unique(image.read(box, channel)).tolist() for channel in (0, 1)] == [[10], [11]]
    assert files_of(files[1]) == channel_files(files[0]) == tuple(files)
    assert list_images(tmp_path / "imagesTr") == files[:1]
    assert image_stem(files[0]) == image.name == "liver ü"


def test_channels_have_the_names_that_the_data_set_states(tmp_path: Path) -> None:
    files = case(tmp_path / "imagesTr")
    write_json(tmp_path / "dataset.json", {"channel_names": {"0": "T1", "1": "FLAIR"}})
    assert open_volume(files[0]).channel_names == ("T1", "FLAIR")
    write_json(tmp_path / "dataset.json", {"modality": {"0": "T1"}})
    assert open_volume(files[0]).channel_names == ()


def test_elsewhere_such_files_are_images_each(tmp_path: Path) -> None:
    files = case(tmp_path / "slices")
    assert list_images(tmp_path / "slices") == files
    assert open_volume(files[0]).channels == 1
    assert image_stem(files[0]) == "liver ü_0000"


def test_numbers_of_cases_are_no_channels(tmp_path: Path) -> None:
    files = case(tmp_path / "imagesTr", "amos", 3)
    for file in files:
        saved(tmp_path / "labelsTr" / file.name, np.ones(SHAPE, np.uint8))
    assert list_images(tmp_path / "imagesTr") == files
    assert [image_stem(file) for file in files] == ["amos_0000", "amos_0001", "amos_0002"]


def test_a_channel_that_is_not_there_ends_the_row(tmp_path: Path) -> None:
    files = case(tmp_path / "imagesTs", channels=3)
    files[1].unlink()
    assert open_volume(files[0]).channels == 1


def test_channels_of_other_sizes_are_refused_by_name(tmp_path: Path) -> None:
    files = case(tmp_path / "imagesTr")
    saved(files[1], np.zeros((3, 6, 9), np.uint8))
    with pytest.raises(UnreadableFileError, match=r"liver ü_0001\.nii\.gz, another channel of it, has 9 × 6 × 3"):
        open_volume(files[0])
