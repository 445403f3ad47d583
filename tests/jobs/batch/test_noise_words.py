"""What looks like noise, and what does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.config.finding import FindConfig
from desktop_app.core.imaging import Volume
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.job import Note, RecordingContext
from desktop_app.jobs.batch.find import find_nuclei
from desktop_app.jobs.batch.find_preview import FirstLooks, Wish
from desktop_app.jobs.batch.noise_words import noise_words
from tests.cards import semantic_card

PICTURES = semantic_card(network="unet2d", dimensions=2, patch_size=(1, 16, 16))
VOLUMES = semantic_card()


def _volume(*shape: int, thickness: float = 1.0) -> Volume:
    return Volume.from_array(np.zeros(shape, np.uint8), voxel_size=VoxelSize(z=thickness, y=1, x=1, unit="µm"))


@pytest.mark.parametrize(
    ("voxels", "noise"),
    [
        ([3, 3, 12, 12, 300], True),  # half of the discs are narrower than 4 px: 12.6 pixels
        ([3, 3, 13, 13, 300], False),
        ([3, 3, 3, 3], False),  # too few
        ([], False),
    ],
)
def test_it_is_noise_where_half_of_the_objects_are_too_small_to_be_looked_for(voxels: list[int], noise: bool) -> None:
    assert bool(noise_words(np.array(voxels, np.int64), PICTURES, _volume(1, 40, 40))) == noise


@pytest.mark.parametrize(("thickness", "noise"), [(1.0, True), (3.0, False)])
def test_in_volumes_balls_count_and_thick_slices_too(thickness: float, noise: bool) -> None:
    voxels = np.full(9, 20)  # a ball of 4 px has 33.5 voxels
    assert bool(noise_words(voxels, VOLUMES, _volume(8, 40, 40, thickness=thickness))) == noise
    assert not noise_words(voxels, PICTURES, _volume(8, 40, 40))  # slices by themselves


def test_another_channel_is_advised_only_where_there_is_one() -> None:
    voxels, two = np.full(9, 2), Volume.from_array(np.zeros((2, 1, 40, 40), np.uint8))
    why = "This looks like noise, as half of the objects are less than 4 px across: "
    assert noise_words(voxels, PICTURES, two) == f"{why}choose another channel or size."
    assert noise_words(voxels, PICTURES, _volume(1, 40, 40)) == f"{why}choose another size, or another image."


def test_the_first_look_and_the_whole_image_say_the_same_of_noise(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "noise.tif", noise)
    look = FirstLooks().look(Wish(tmp_path / "noise.tif", device="cpu"), RecordingContext())
    assert look.noise_words.startswith("This looks like noise")
    heard = RecordingContext()
    found = find_nuclei(FindConfig(image=str(tmp_path / "noise.tif"), output=str(tmp_path / "l.tif")), heard)
    assert found.noise_words == look.noise_words
    assert [note.text for note in heard.of_kind(Note) if note.level == "warning"] == [look.noise_words]
