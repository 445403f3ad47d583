"""What looks like noise, and what does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from scipy.ndimage import gaussian_filter

from desktop_app.core.config.finding import FindConfig
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Volume
from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.job import Note, RecordingContext
from desktop_app.io.images.registry import open_volume
from desktop_app.jobs.batch.find import find_nuclei
from desktop_app.jobs.batch.find_preview import FirstLooks, Wish
from desktop_app.jobs.batch.noise_words import noise_words
from tests.cards import semantic_card

PICTURES = semantic_card(network="unet2d", dimensions=2, patch_size=(1, 16, 16))
VOLUMES = semantic_card()


def words_for(voxels: np.ndarray, card: ModelCard, volume: Volume) -> str:
    """Of objects that all lie in the corner."""
    return noise_words(voxels, np.zeros((len(voxels), 3), np.int64), card, volume, 0)


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
    assert bool(words_for(np.array(voxels, np.int64), PICTURES, _volume(1, 40, 40))) == noise


@pytest.mark.parametrize(("thickness", "noise"), [(1.0, True), (3.0, False)])
def test_in_volumes_balls_count_and_thick_slices_too(thickness: float, noise: bool) -> None:
    voxels = np.full(9, 20)  # a ball of 4 px has 33.5 voxels
    assert bool(words_for(voxels, VOLUMES, _volume(8, 40, 40, thickness=thickness))) == noise
    assert not words_for(voxels, PICTURES, _volume(8, 40, 40))  # slices by themselves


def test_another_channel_is_advised_only_where_there_is_one() -> None:
    voxels, two = np.full(9, 2), Volume.from_array(np.zeros((2, 1, 40, 40), np.uint8))
    why = "This looks like noise, as half of the objects are less than 4 px across: "
    assert words_for(voxels, PICTURES, two) == f"{why}choose another channel or size."
    assert words_for(voxels, PICTURES, _volume(1, 40, 40)) == f"{why}choose another size, or another image."


def test_the_first_look_and_the_whole_image_say_the_same_of_noise(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "noise.tif", noise)
    look = FirstLooks().look(Wish(tmp_path / "noise.tif", device="cpu"), RecordingContext())
    assert look.noise_words.startswith("This looks like noise")
    heard = RecordingContext()
    found = find_nuclei(FindConfig(image=str(tmp_path / "noise.tif"), output=str(tmp_path / "l.tif")), heard)
    assert found.noise_words == look.noise_words
    assert [note.text for note in heard.of_kind(Note) if note.level == "warning"] == [look.noise_words]


SMOOTH = "This looks like noise, as what was found has no sharper edges than all around it"


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0])
def test_noise_that_was_smoothed_is_called_noise_by_both_ways(tmp_path: Path, sigma: float) -> None:
    noise = gaussian_filter(np.random.default_rng(1).random((400, 400)), sigma)
    tifffile.imwrite(tmp_path / "noise.tif", (255 * (noise - noise.min()) / np.ptp(noise)).astype(np.uint8))
    image = open_volume(tmp_path / "noise.tif")
    rng = np.random.default_rng(2)
    places = np.concatenate([np.zeros((40, 1), np.int64), rng.integers(0, 400, (40, 2))], axis=1)
    voxels = np.full(40, round(4 * (2.25 * sigma) ** 2))  # so wide were those that a model found in such noise
    assert noise_words(voxels, places, PICTURES, image, 0).startswith(SMOOTH)


@pytest.mark.parametrize("contrast", [80.0, 260.0])
def test_dim_nuclei_are_not_called_noise_wherever_they_lie(contrast: float) -> None:
    made = nuclei_phantom(PhantomParameters((1, 200, 200), 20, 8.0, 0.3, contrast=contrast), seed=2)
    picture = np.random.default_rng(3).normal(float(np.median(made.image)), 18.0, (1, 1400, 1400))
    picture[:, :200, :200] = made.image  # a corner, and noise all over the middle
    ids, firsts, voxels = np.unique(made.truth, return_index=True, return_counts=True)
    places = np.stack(np.unravel_index(firsts, made.truth.shape), axis=1)[ids > 0]
    volume = Volume.from_array(picture.astype(np.float32))
    assert noise_words(voxels[ids > 0], places, PICTURES, volume, 0) == ""
