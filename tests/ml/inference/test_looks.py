"""Views and several networks: their mean, and how far they disagree."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from desktop_app.core.config.learning import AugmentationParameters
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.looks import UNCERTAINTY, UNCERTAINTY_END, LearnedViews
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.ml.inference.engine import InferencePlan, Room
from desktop_app.ml.inference.looks import (
    MeanOfLooks,
    OutputSaying,
    arrows_back,
    placed_back,
    seen,
    views_for,
    views_of,
)
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.panoptic.inference.looks import MeanOfSlices
from desktop_app.ml.recipes.panoptic.inference.slice_network import network_maps
from desktop_app.ml.recipes.registry import recipe_named
from tests.cards import semantic_card

WHOLE = Region.whole((1, 8, 8))


class Sided(nn.Module):
    """Logits of two classes: sure of the second one in the left half of what it sees, and of the first elsewhere."""

    def __init__(self, strength: float = 4.0) -> None:
        super().__init__()
        self.strength, self.calls = strength, 0

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        left = (torch.arange(image.shape[-1]) < image.shape[-1] // 2).float()
        logit = (self.strength * (2 * left - 1)).expand_as(image[:, :1])
        return torch.cat([torch.zeros_like(logit), logit], dim=1)


class SidedSlices(nn.Module):
    """Maps of a panoptic network: the same wherever it looks, with arrows to the right."""

    def __init__(self, classes: int, strength: float) -> None:
        super().__init__()
        self.classes, self.sided = classes, Sided(strength)

    def forward(self, image: torch.Tensor, _steps: int = 2) -> dict[str, torch.Tensor]:
        b, _, h, w = image.shape
        one = self.sided(image)[:, 1:]
        logits = one if self.classes == 1 else torch.cat([torch.zeros_like(one), one, -one], dim=1)
        heat = torch.rand((b, 1, h // 4, w // 4), generator=torch.Generator().manual_seed(0))
        arrows = torch.stack([torch.zeros(b, h // 4, w // 4), torch.ones(b, h // 4, w // 4)], dim=1)
        return {"sem_logits": logits, "ctr_hmp": heat, "offsets": arrows}


def predictor(*networks: nn.Module, **changes: Any) -> Predictor:
    flat = {"network": "unet2d", "dimensions": 2, "patch_size": (1, 8, 8), "divisor": (1, 4, 4)}
    first, *others = (network.eval() for network in networks)
    return Predictor(semantic_card(**flat, **changes), first, torch.device("cpu"), members=tuple(others))


def maps_of(made: Predictor, **prediction: Any) -> Any:
    recipe = made.card.recipe
    plan = InferencePlan("slice", RECIPES[recipe].prediction.model_validate(prediction))
    image = Volume.from_array(np.ones((1, 8, 8), np.float32))
    return recipe_named(recipe).engine.predict(made, image, None, plan, RecordingContext())


@pytest.mark.parametrize("dimensions", [2, 3])
def test_each_view_is_another_one_and_is_placed_back(dimensions: Any) -> None:
    image = torch.rand((1, 1, *((3,) if dimensions == 3 else ()), 4, 6), generator=torch.Generator().manual_seed(2))
    views = views_of(dimensions)
    assert len({tuple(seen(image, view).flatten().tolist()) for view in views}) == (8 if dimensions == 2 else 16)
    assert torch.equal(seen(image, views[0]), image)
    assert all(torch.equal(placed_back(seen(image, view), view), image) for view in views)


def test_arrows_point_at_the_same_place_after_turning_back() -> None:
    y, x = torch.meshgrid(torch.arange(6.0), torch.arange(6.0), indexing="ij")
    target = ((y == 1) & (x == 4)).float()[None, None]
    for view in views_of(2):
        row, column = (int(n) for n in torch.nonzero(seen(target, view)[0, 0])[0])
        there = torch.stack([row - y, column - x])[None]
        assert torch.equal(arrows_back(placed_back(there, view), view)[0], torch.stack([1 - y, 4 - x]))


def test_the_mean_and_the_spread_are_those_of_all_looks() -> None:
    networks, saying = [Sided(4), Sided(1)], OutputSaying(lambda found: torch.softmax(found, 1)[:, 1:])
    image = torch.ones(1, 1, 8, 8)
    mean = MeanOfLooks(networks, views_of(2), saying, spread=True)(image)
    looks = torch.stack(
        [placed_back(saying.say(net(seen(image, view))), view) for net in networks for view in views_of(2)]
    )
    assert looks.shape[0] == 16
    torch.testing.assert_close(mean[:, :1], looks.mean(0))
    torch.testing.assert_close(mean[:, 1:], looks.std(0, correction=0))
    assert float(mean[:, 1].min()) > 0.1


@pytest.mark.parametrize("recipe", ["semantic", "unsupervised"])
def test_a_recipe_averages_what_views_and_models_say(recipe: str) -> None:
    first, second = Sided(4), Sided(1)
    plain = maps_of(predictor(first, recipe=recipe))
    place = 0 if recipe == "semantic" else 1
    assert plain.read(WHOLE)[place, 0, :, -1].max() < 0.1
    turned = maps_of(predictor(first, recipe=recipe), turned=True)
    assert turned.channels == plain.channels
    np.testing.assert_allclose(turned.read(WHOLE)[place], 0.5, atol=1e-3)
    both = maps_of(predictor(first, second, recipe=recipe))
    alone = maps_of(predictor(second, recipe=recipe))
    np.testing.assert_allclose(both.read(WHOLE), (plain.read(WHOLE) + alone.read(WHOLE)) / 2, atol=1e-3)


def test_uncertainty_is_a_map_a_layer_and_a_file() -> None:
    made = predictor(Sided())
    maps = maps_of(made, turned=True, uncertainty=True)
    assert maps.channels == ("class:Object", UNCERTAINTY)
    recipe = recipe_named("semantic")
    (layer,) = recipe.map_layers(maps)
    assert (layer.key, np.unique(layer.labels).tolist()) == (UNCERTAINTY, [3])
    wanted = {"objects": "connected", "threshold": 0.3, "min_size": 0}
    decode = RECIPES["semantic"].decode.model_validate(wanted)
    stream = recipe.engine.decode(maps, decode, made.card, Room(), RecordingContext())
    assert [int(labels.max()) for _, labels in stream.slabs] == [1]
    ((_, percent),) = stream.more[UNCERTAINTY_END]
    spread = 1 / (1 + np.exp(-4)) - 0.5  # half of the views say so, the others the contrary
    assert np.unique(percent).tolist() == [round(100 * spread / 0.5)]


@pytest.mark.parametrize(
    ("recipe", "outputs"), [("semantic", 2), ("unsupervised", 2), ("embedding", 5), ("panoptic", 1)]
)
def test_one_look_leaves_nothing_to_compare(recipe: str, outputs: int) -> None:
    with pytest.raises(UserError, match="more than one look"):
        maps_of(predictor(Sided(), recipe=recipe, output_channels=outputs), uncertainty=True)


@pytest.mark.parametrize(
    ("turned", "mirrored", "dimensions", "count"),
    [
        (True, True, 2, 8), (True, True, 3, 16), (True, False, 2, 4), (True, False, 3, 4), (False, True, 2, 4),
        (False, True, 3, 8), (False, False, 2, 1), (False, False, 3, 1),
    ],
)  # fmt: skip
def test_a_model_is_shown_the_views_it_has_learned(turned: bool, mirrored: bool, dimensions: Any, count: int) -> None:
    card = semantic_card(training={"views": {"turned": turned, "mirrored": mirrored}})
    made = Predictor(card, nn.Identity(), torch.device("cpu"))
    views = views_for(made, dimensions, turned=True, uncertainty=False)
    assert len(views) == count
    image = torch.arange(4**dimensions).reshape((1, 1, *[4] * dimensions))
    upright = {tuple(seen(image, view).flatten().tolist()) for view in views}
    flips = [seen(image, (0, axes)) for axes in ((-1,), (-2,))]
    assert all((tuple(flip.flatten().tolist()) in upright) == mirrored for flip in flips)
    assert (tuple(torch.rot90(image, 1, (-2, -1)).flatten().tolist()) in upright) == turned
    assert views_for(made, dimensions, turned=False, uncertainty=False) == views[:1]


def test_views_that_a_model_does_not_know_leave_nothing_to_compare() -> None:
    made = predictor(Sided(), training={"views": {"turned": False, "mirrored": False}})
    plain = maps_of(made).read(WHOLE)
    np.testing.assert_array_equal(maps_of(made, turned=True).read(WHOLE), plain)
    with pytest.raises(UserError, match="more than one look") as refused:
        maps_of(made, turned=True, uncertainty=True)
    assert refused.value.hint.startswith("The model has not learned to see images turned or mirrored")


@pytest.mark.parametrize(
    ("changes", "learned"),
    [
        ({}, (True, True)), ({"flip": False, "angle": 15}, (False, False)), ({"flip_share": 0.0}, (True, False)),
        ({"rotate": False}, (False, True)), ({"enabled": False}, (False, False)),
    ],
)  # fmt: skip
def test_what_random_changes_teach(changes: dict[str, Any], learned: tuple[bool, bool]) -> None:
    views = LearnedViews.by(AugmentationParameters(**changes))
    assert (views.turned, views.mirrored) == learned
    assert LearnedViews.of({"views": asdict(views)}) == views
    assert bool(views.left_out()) == (learned != (True, True))
    assert LearnedViews.of({}) == LearnedViews.of({"views": 3}) == LearnedViews()


def test_without_views_and_models_nothing_changes() -> None:
    network = Sided()
    maps = maps_of(predictor(network))
    assert (network.calls, recipe_named("semantic").map_layers(maps)) == (1, ())


@pytest.mark.parametrize("classes", [1, 2])
def test_panoptic_maps_are_averaged_as_probabilities(classes: int) -> None:
    image = torch.zeros(2, 1, 16, 16)
    networks = [SidedSlices(classes, 3.0), SidedSlices(classes, 1.0)]
    plain = [network_maps(network(image)) for network in networks]
    mean = network_maps(MeanOfSlices(networks, views_of(2)[:1])(image))
    for found, first, second in zip(mean, *plain, strict=True):
        torch.testing.assert_close(found, (first + second) / 2, atol=1e-5, rtol=0)
    turned = network_maps(MeanOfSlices(networks[:1], views_of(2))(image))
    each = plain[0][0].mean(dim=(2, 3), keepdim=True)
    torch.testing.assert_close(turned[0], each.expand_as(turned[0]), atol=1e-5, rtol=0)
    torch.testing.assert_close(turned[2], torch.zeros_like(turned[2]), atol=1e-6, rtol=0)


@pytest.mark.parametrize("classes", [1, 2])
def test_slices_tell_the_largest_disagreement_of_each_cell(classes: int) -> None:
    image = torch.zeros(2, 1, 16, 16)
    networks = [SidedSlices(classes, 3.0), SidedSlices(classes, 1.0)]
    outputs = MeanOfSlices(networks, views_of(2)[:1], spread=True)(image)
    first, second = (network_maps(network(image))[0] for network in networks)
    spread = ((first - second).abs() / 2).amax(dim=1)
    cells = spread.reshape(2, 4, 4, 4, 4).amax(dim=(2, 4))
    torch.testing.assert_close(outputs["spread"][:, 0], cells, atol=1e-5, rtol=0)
    assert "spread" not in MeanOfSlices(networks, views_of(2)[:1])(image)
