from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from desktop_app.core.config.learning import UNCHANGED, AugmentationParameters
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region
from desktop_app.ml.data.augmentation import change_greys, random_placement
from desktop_app.ml.data.patch_source import batches
from desktop_app.ml.data.preparation import PreparedImage, class_points
from desktop_app.ml.data.sampler import PatchSampler
from desktop_app.ml.data.targets import IGNORED, Interpolation

STILL = AugmentationParameters(flip=False, rotate=False, scale=0, elastic=0, intensity=0, noise=0, blur=0)
MOVED = AugmentationParameters(intensity=0, noise=0, blur=0)
KINDS: Mapping[str, Interpolation] = {"classes": "nearest", "depth": "linear"}


def _image(classes: NDArray[np.uint8], name: str = "a") -> PreparedImage:
    """The grey value is the class number times ten, the depth half of it, so that all must move together."""
    grey = classes.astype(np.float32)[None] * 10
    depth = np.where(classes == IGNORED, 0, classes * 50).astype(np.uint8)

    def read(region: Region) -> NDArray[np.float32]:
        return grey[(slice(None), *region.slices)]

    targets = {"classes": classes, "depth": depth}
    return PreparedImage(name, Region.whole(classes.shape).shape, read, targets, *class_points(classes, 0))


def _cube(size: int = 40, edge: int = 16) -> NDArray[np.uint8]:
    classes = np.zeros((size, size, size), np.uint8)
    low = (size - edge) // 2
    classes[low : low + edge, low : low + edge, low : low + edge] = 1
    return classes


def _sampler(image: PreparedImage, augmentation: AugmentationParameters, **changes: object) -> PatchSampler:
    values: dict[str, object] = {
        "images": (image,),
        "interpolation": KINDS,
        "patch": (8, 16, 16),
        "batch_size": 2,
        "augmentation": augmentation,
        "anisotropy": 1.0,
        "seed": 5,
    }
    return PatchSampler(**{**values, **changes})  # type: ignore[arg-type]


def test_a_batch_depends_on_seed_and_step_alone() -> None:
    sampler = _sampler(_image(_cube()), AugmentationParameters())
    first, again, other = sampler.batch(3), sampler.batch(3), sampler.batch(4)
    assert torch.equal(first.image, again.image)
    assert not torch.equal(first.image, other.image)
    assert first.image.shape == (2, 1, 8, 16, 16)
    assert {name: t.shape for name, t in first.targets.items()} == dict.fromkeys(KINDS, (2, 8, 16, 16))


def test_threads_deliver_the_same_batches_in_order() -> None:
    sampler = _sampler(_image(_cube()), AugmentationParameters())
    alone = list(batches(sampler, 2, 7, 0))
    threaded = list(batches(sampler, 2, 7, 3))
    assert len(alone) == len(threaded) == 5
    assert all(torch.equal(a.image, b.image) for a, b in zip(alone, threaded, strict=True))


def test_image_and_targets_move_together() -> None:
    sampler = _sampler(_image(_cube()), MOVED, patch=(16, 24, 24))
    for step in range(12):
        batch = sampler.batch(step)
        inside = batch.image[:, 0] > 9.99
        outside = batch.image[:, 0] < 0.01
        assert (batch.targets["classes"][inside] == 1).all()
        assert (batch.targets["classes"][outside] != 1).all()
        assert torch.allclose(batch.targets["depth"], batch.image[:, 0] * 5 / 255, atol=1e-3)


def test_labels_are_never_blended() -> None:
    classes = _cube()
    classes[classes == 1] = 3
    classes[:10] = IGNORED
    sampler = _sampler(_image(classes), MOVED, patch=(16, 24, 24))
    values = {int(v) for step in range(20) for v in torch.unique(sampler.batch(step).targets["classes"])}
    assert values == {0, 3, IGNORED}


def test_rare_classes_are_in_the_middle_of_many_patches() -> None:
    classes = np.zeros((8, 200, 200), np.uint8)
    classes[:, 5:15, 5:15] = 1
    classes[:, 180:186, 180:186] = 2
    sampler = _sampler(_image(classes), STILL, patch=(4, 16, 16))
    seen = {1: 0, 2: 0}
    for step in range(60):
        for patch in sampler.batch(step).targets["classes"]:
            for number in seen:
                seen[number] += bool((patch == number).any())
    assert seen[1] > 25
    assert seen[2] > 25


def test_unlabelled_places_are_never_the_middle() -> None:
    classes = np.full((4, 100, 100), IGNORED, np.uint8)
    classes[2, 40:44, 40:44] = 1
    sampler = _sampler(_image(classes), STILL, patch=(1, 16, 16))
    for step in range(10):
        assert ((sampler.batch(step).targets["classes"] != IGNORED).flatten(1).any(1)).all()


def test_images_smaller_than_a_patch_are_padded_and_the_padding_ignored() -> None:
    sampler = _sampler(_image(np.ones((3, 10, 10), np.uint8)), STILL)
    batch = sampler.batch(0)
    classes = batch.targets["classes"]
    assert (classes == 1).sum() == 2 * 3 * 10 * 10
    assert (classes == IGNORED).sum() == classes.numel() - 2 * 3 * 10 * 10
    assert batch.image.min() == 10


def test_warped_patches_ignore_what_lies_beyond_the_image() -> None:
    sampler = _sampler(_image(np.ones((3, 10, 10), np.uint8)), MOVED)
    for step in range(6):
        batch = sampler.batch(step)
        assert set(torch.unique(batch.targets["classes"]).tolist()) == {1, IGNORED}
        assert torch.isfinite(batch.image).all()


def test_slices_stay_slices_in_2d() -> None:
    classes = np.zeros((6, 60, 60), np.uint8)
    classes[np.arange(6) % 2 == 1] = 1
    sampler = _sampler(_image(classes), MOVED, patch=(1, 16, 16))
    for step in range(15):
        grey = sampler.batch(step).image
        assert all(torch.unique(g.round(decimals=3)).numel() == 1 for g in grey)


def test_no_labels_at_all_is_a_clear_error() -> None:
    image = _image(np.full((4, 20, 20), IGNORED, np.uint8))
    with pytest.raises(UserError, match="labelled"):
        _sampler(image, STILL).batch(0)


def test_grey_changes_are_bounded_and_happen() -> None:
    image = _image(_cube())
    strong = AugmentationParameters(flip=False, rotate=False, scale=0, elastic=0, intensity=0.5, noise=0.5, blur=2)
    plain, changed = _sampler(image, STILL), _sampler(image, strong)
    differing = [not torch.allclose(plain.batch(s).image, changed.batch(s).image) for s in range(6)]
    assert any(differing)
    assert all(torch.isfinite(changed.batch(s).image).all() for s in range(6))


def test_points_are_a_choice_of_each_class() -> None:
    classes = np.zeros((50, 200, 200), np.uint8)
    classes[7, 3, 4] = 2
    points, voxels = class_points(classes, seed=1)
    assert voxels == {0: 50 * 200 * 200 - 1, 2: 1}
    assert set(points) == {0, 2}
    assert points[2].tolist() == [[7, 3, 4]]
    assert len(points[0]) == 20_000
    assert all(tuple(a) <= tuple(b) for a, b in pairwise(points[0][:50].tolist()))


def test_patches_from_anywhere_show_classes_as_often_as_there_are_voxels() -> None:
    classes = np.zeros((40, 40, 40), np.uint8)
    classes[18:22, 18:22, 18:22] = 1  # one voxel of a thousand
    classes[:4] = IGNORED
    image = _image(classes)
    by_class = _sampler(image, STILL, batch_size=200).batch(0).targets["classes"]
    anywhere = _sampler(image, STILL, batch_size=200, anywhere=1.0).batch(0).targets["classes"]
    mixed = _sampler(image, STILL, batch_size=200, anywhere=0.5).batch(0).targets["classes"]
    shown = [int((drawn == 1).flatten(1).any(1).sum()) for drawn in (by_class, mixed, anywhere)]
    assert shown[0] > 130  # two thirds of 200 are drawn around it, and some of the others see it, too
    assert shown[0] > shown[1] + 20 > shown[2] + 40
    assert not (anywhere == IGNORED).flatten(1).all(1).any()  # places of which something is known


def test_some_patches_have_margins_black_or_noise_with_nothing_in_them() -> None:
    full = np.ones((20, 40, 40), np.uint8)
    grey = np.random.default_rng(0).uniform(5, 15, (1, 20, 40, 40)).astype(np.float32)
    image = replace(_image(full), read=lambda region: grey[(slice(None), *region.slices)])
    sampler = _sampler(image, STILL.model_copy(update={"empty": 0.3, "margin": 0.3}), batch_size=64)
    batch, plain = sampler.batch(0), _sampler(image, STILL, batch_size=64).batch(0)
    filled = (batch.targets["classes"] == 1).flatten(1).float().mean(1)
    assert 10 < (filled == 0).sum() < 29  # about 19 of 64 are empty, and as many have a margin
    some = ((filled > 0) & (filled < 1)).nonzero().flatten().tolist()
    assert 10 < len(some) < 29
    margin = batch.targets["classes"] == 0
    whole = filled > 0
    assert torch.equal(batch.targets["depth"] == 0, margin)
    assert torch.equal(batch.image[whole, 0][~margin[whole]], plain.image[whole, 0][~margin[whole]])
    black = [one for one in some if batch.image[one, 0][margin[one]].unique().numel() == 1]
    assert 3 < len(black) < len(some) - 3, "about half of them; the others are noise"
    assert all(batch.image[one, 0][margin[one]].max() < 5.5 for one in black)


def test_margins_of_patches_without_labels_are_dark() -> None:
    """Nothing says there that noise is background; but so dark as beside a picture can be nothing else."""
    grey = np.random.default_rng(0).uniform(5, 15, (1, 20, 40, 40)).astype(np.float32)
    known = _image(np.ones((20, 40, 40), np.uint8))
    image = replace(known, read=lambda region: grey[(slice(None), *region.slices)], targets={})
    plain = replace(_sampler(image, STILL, batch_size=64), interpolation={})
    changes = STILL.model_copy(update={"empty": 0.3, "margin": 0.3})
    seen, still = replace(plain, augmentation=changes).batch(0).image[:, 0], plain.batch(0).image[:, 0]
    margin = seen != still
    some = margin.flatten(1).any(1).nonzero().flatten().tolist()
    assert 10 < len(some) < 29, "about 19 of 64; none is empty"
    for one in some:
        assert seen[one][margin[one]].unique().numel() == 1
        assert float(seen[one][margin[one]].max()) < 5.5


def test_margins_and_empty_patches_are_strengths_of_their_own() -> None:
    full = np.ones((20, 40, 40), np.uint8)
    shares = []
    for changes in ({"empty": 0.4}, {"margin": 0.4}):
        batch = _sampler(_image(full), STILL.model_copy(update=changes), batch_size=64).batch(0)
        filled = (batch.targets["classes"] == 1).flatten(1).float().mean(1)
        shares.append((int((filled == 0).sum()), int(((filled > 0) & (filled < 1)).sum())))
    assert (shares[0][1], shares[1][0]) == (0, 0)
    assert 15 < shares[0][0] < 37, "about 26 of 64 are empty"
    assert 15 < shares[1][1] < 37, "about 26 of 64 have a margin"


def test_settings_of_older_versions_have_as_many_margins_as_empty_patches() -> None:
    assert AugmentationParameters.model_validate({"empty": 0.2}).margin == 0.2
    assert AugmentationParameters.model_validate({"empty": 0.2, "margin": 0.0}).margin == 0


def test_how_often_patches_are_mirrored_can_be_chosen() -> None:
    def mirrored(share: float) -> float:
        chosen, rng = STILL.model_copy(update={"flip": True, "flip_share": share}), np.random.default_rng(0)
        return sum(len(random_placement((8, 8, 8), chosen, 1.0, rng).flips) for _ in range(400)) / 1200

    assert mirrored(0.0) == 0
    assert 0.07 < mirrored(0.1) < 0.13
    assert 0.45 < mirrored(0.5) < 0.55


def test_negatives_exchange_bright_and_dark_within_the_range_of_each_channel() -> None:
    patch = torch.tensor([[0.0, 0.25, 1.0], [2.0, 2.0, 3.0]]).view(2, 1, 1, 3)
    only = UNCHANGED.model_copy(update={"invert": 0.5})
    seen = [change_greys(patch, only, np.random.default_rng(seed)) for seed in range(40)]
    negatives = [one for one in seen if not torch.equal(one, patch)]
    assert 8 < len(negatives) < 32
    assert all(
        torch.allclose(one, torch.tensor([[1.0, 0.75, 0.0], [3.0, 3.0, 2.0]]).view(2, 1, 1, 3)) for one in negatives
    )
