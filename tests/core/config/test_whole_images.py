"""Images seen whole: the patch that holds the largest, and the memory that it takes at least."""

from __future__ import annotations

import pytest

from desktop_app.core.config.learning import OptimisationParameters
from desktop_app.core.config.smaller import smaller
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.config.whole_images import require_room, with_whole_images
from desktop_app.core.errors import UserError
from desktop_app.core.networks.registry import network_divisor, require_patch

WHOLE = TrainingConfig(whole_images=True, network="unet3d")


def test_patches_stay_where_whole_images_are_not_wanted() -> None:
    config = TrainingConfig()
    assert with_whole_images(config, [(90, 90, 90)]) is config


def test_the_patch_holds_each_image_and_is_padded_only_as_far_as_the_network_needs() -> None:
    parts = network_divisor(WHOLE.network, WHOLE.network_arguments)
    patch = with_whole_images(WHOLE, [(33, 47, 65), (20, 70, 40)]).patch_size
    for edge, largest, part in zip(patch, (33, 70, 65), parts, strict=True):
        assert edge % part == 0
        assert 0 <= edge - largest < part
    require_patch(WHOLE.network, WHOLE.network_arguments, patch)


def test_a_slice_is_seen_whole_by_a_network_of_slices() -> None:
    flat = TrainingConfig(whole_images=True, network="unet2d", patch_size=(1, 64, 64))
    z, y, x = with_whole_images(flat, [(12, 100, 130)]).patch_size
    assert z == 1
    assert y >= 100
    assert x >= 130


def test_an_image_smaller_than_the_network_takes_is_padded_to_that() -> None:
    patch = with_whole_images(WHOLE, [(1, 1, 1)]).patch_size
    require_patch(WHOLE.network, WHOLE.network_arguments, patch)


def test_shrunk_images_need_smaller_patches() -> None:
    half = WHOLE.model_copy(update={"recipe_parameters": {"shrink": 2.0}})
    assert with_whole_images(half, [(32, 128, 128)]).patch_size == (32, 64, 64)


def test_images_shrunk_across_slices_need_thinner_patches() -> None:
    thin = WHOLE.model_copy(update={"recipe_parameters": {"shrink_z": 2.0}})
    assert with_whole_images(thin, [(64, 128, 128)]).patch_size == (32, 128, 128)


def test_without_images_the_patch_stays() -> None:
    assert with_whole_images(WHOLE, []) is WHOLE


def test_what_no_network_could_do_is_refused_with_the_numbers() -> None:
    one = OptimisationParameters(batch_size=2)
    large = WHOLE.model_copy(update={"patch_size": (512, 1024, 1024), "optimisation": one})
    with pytest.raises(
        UserError, match=r"512 × 1024 × 1024 voxels .* need more than 64\.0 GB .* 8\.0 GB are free"
    ) as said:
        require_room(large, 8 * 2**30)
    assert "patches" in str(said.value.hint)
    require_room(large, 65 * 2**30)
    require_room(large.model_copy(update={"whole_images": False}), 0)


def test_whole_images_stay_whole_where_memory_does_not_do() -> None:
    one = OptimisationParameters(batch_size=1)
    assert smaller(WHOLE.model_copy(update={"optimisation": one})) is None
    assert smaller(TrainingConfig(optimisation=one)) is not None
