"""Same picture, same labels: what lies elsewhere in a tile changes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import RecordingContext
from desktop_app.core.networks.base import ImageFacts
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.ml.networks.normalisation import BatchNorm, parts_of_the_tile
from desktop_app.ml.networks.patch_mean import keep_to_patch
from desktop_app.ml.networks.registry import build_network
from desktop_app.ml.training.plan import TrainingPlan
from tests.laws.discs import LEARNERS, RIM, dice, found, framed, labelled, picture, rimmed, scene, trained

SMALL: dict[str, dict[str, Any]] = {
    "unet2d": {"channels": 4, "levels": 2},
    "unet3d": {"channels": 4, "levels": 2},
    "quick_unet2d": {"channels": 4},
    "quick_unet3d": {"channels": 4},
    "segresnet2d": {"channels": 4},
    "segresnet3d": {"channels": 4},
    "dynunet2d": {"channels": 4, "levels": 3},
    "plain_unet2d": {"channels": 4, "levels": 3},
    "attention_unet2d": {"channels": 4, "levels": 3},
    "easyreg_unet2d": {"channels": 4},
    "mednext2d": {"channels": 4},
    "vnet2d": {},
    "erfnet2d": {},
    "swin_unetr2d": {"features": 12, "save_memory": False},
    "dynunet3d": {"channels": 4, "levels": 3},
    "plain_unet3d": {"channels": 4, "levels": 3},
    "attention_unet3d": {"channels": 4, "levels": 3},
    "easyreg_unet3d": {"channels": 4},
    "mednext3d": {"channels": 4},
}
SEEN = {2: (16, 1280), 3: (8, 8, 320)}
"""Shapes by dimensions that are wider than networks see to both sides: Swin UNETR sees 446 px to each, MedNeXt 86."""


@pytest.mark.parametrize("name", NETWORKS)
def test_new_networks_take_no_statistics_of_the_tile(name: str) -> None:
    arguments = NETWORKS[name].suggest(ImageFacts(())).arguments
    network = build_network(name, arguments, 1, 2)
    assert parts_of_the_tile(network) == []
    assert any(isinstance(module, BatchNorm) for module in network.modules())


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("panoptic_bifpn", {"norm": "group"}),
        ("panoptic_deeplab", {"image_pooling": True}),
        ("unet2d", {"norm": "group"}),
        ("segresnet3d", {"norm": "group"}),
        ("dynunet2d", {"norm": "published"}),
    ],
)
def test_no_new_network_that_looks_at_the_whole_tile_is_trained(
    name: str, changed: dict[str, Any], tmp_path: Path
) -> None:
    """Models that have it can be improved; what settings leave out is never that."""
    recipe, edge = ("panoptic" if name.startswith("panoptic") else "semantic"), 128
    shape = (1 if NETWORKS[name].dimensions == 2 else edge, edge, edge)
    config = TrainingConfig(
        output=str(tmp_path / "run"), dataset=DatasetConfig(), recipe=recipe, network=name, patch_size=shape
    )
    wanted = config.model_copy(update={"network_arguments": changed})
    with pytest.raises(UserError, match="looks at all of a tile at once"):
        TrainingPlan.of(wanted, tmp_path / "run", RecordingContext())
    assert not (tmp_path / "run").exists()
    with pytest.raises(UserError) as other:
        TrainingPlan.of(config, tmp_path / "run", RecordingContext())
    assert "tile" not in str(other.value), "there are no images; the network is not why"


@pytest.mark.parametrize("name", SMALL)
def test_a_place_is_seen_alike_whatever_lies_far_from_it(name: str) -> None:
    """Exactly, with the statistics of a few steps of training."""
    torch.manual_seed(1)
    arguments = {**NETWORKS[name].suggest(ImageFacts(())).arguments, **SMALL[name]}
    network = build_network(name, arguments, 1, 2)
    least = NETWORKS[name].divisor(NETWORKS[name].arguments(**arguments))[-1]
    *plane, width = SEEN[NETWORKS[name].dimensions]
    shape = (*(max(least, edge) for edge in plane), width)
    for _ in range(3):
        network(torch.randn(2, 1, *shape))
    network.eval()
    one = torch.randn(1, 1, *shape)
    other = one.clone()
    other[..., -16:] = 50 * torch.rand_like(other[..., -16:])
    with torch.no_grad():
        seen, seen_again = network(one)[..., :16], network(other)[..., :16]
    assert torch.equal(seen, seen_again)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("panoptic_bifpn", {"channels": 32, "layers": 1}),
        ("panoptic_deeplab", {"channels": 32}),
        ("panoptic_deeplab", {"channels": 32, "image_pooling": True}),
    ],
)
def test_panoptic_networks_see_a_place_alike_whatever_lies_far_from_it(name: str, arguments: dict[str, Any]) -> None:
    """Which outlines are refined, too; and published ones, which saw the mean of a patch, no farther than a patch."""
    torch.manual_seed(1)
    suggested = NETWORKS[name].suggest(ImageFacts(())).arguments
    network = build_network(name, {**suggested, **arguments}, 1, 2)
    keep_to_patch(network, (1, 128, 128))
    for _ in range(3):
        network(torch.randn(2, 1, 128, 256))
    network.eval()
    one = torch.randn(1, 1, 128, 2560)
    other = one.clone()
    other[..., -64:] = 50 * torch.rand_like(other[..., -64:])
    with torch.no_grad():
        seen, seen_again = network(one), network(other)
    for kind, maps in seen.items():
        assert torch.equal(maps[..., :64], seen_again[kind][..., :64]), kind
        assert not torch.equal(maps[..., -64:], seen_again[kind][..., -64:]), kind


@pytest.mark.slow
@pytest.mark.parametrize("filled", [1.0, 0.35])
def test_objects_are_found_however_much_of_a_picture_they_fill(model: Path, filled: float, tmp_path: Path) -> None:
    image, truth = picture(np.random.default_rng(7), filled)
    assert dice(found(model, image, tmp_path), truth) > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("seed", [8, 80, 81])
def test_an_empty_picture_stays_empty(model: Path, seed: int, tmp_path: Path) -> None:
    """Its noise would reach from black to white, were it scaled by its own percentiles alone (51 false pixels)."""
    image, _ = picture(np.random.default_rng(seed), 0)
    assert not found(model, image, tmp_path).any()


@pytest.mark.slow
@pytest.mark.parametrize("around", ["noise", "black"])
def test_a_picture_within_a_larger_one_is_labelled_alike(model: Path, around: str, tmp_path: Path) -> None:
    image, _ = picture(np.random.default_rng(9), 1)
    larger, inside = framed(image, around)
    seen = found(model, larger, tmp_path / "larger")
    assert dice(seen[inside], found(model, image, tmp_path / "alone")) > 0.99
    seen[rimmed(inside, RIM)] = False
    assert not seen.any()


@pytest.mark.slow
def test_overexposed_objects_are_objects(model: Path, tmp_path: Path) -> None:
    """All their pixels are equal, as those of a white filling are; so such places cannot be left out as black ones."""
    image, truth = picture(np.random.default_rng(9), 1)
    flat = np.minimum(image, 150)
    assert len(np.unique(flat[truth])) < 20
    assert dice(found(model, flat, tmp_path), truth) > 0.95


@pytest.mark.slow
def test_objects_of_a_volume_are_found_whatever_else_is_in_it(tmp_path: Path) -> None:
    """The same four laws of a 3D network that learns objects."""
    learner = replace(LEARNERS["objects, U-Net 3D"], steps=250)
    model, rng = trained(tmp_path / "run", learner), np.random.default_rng(100)
    (full, truth), (corner, few), (empty, _) = (scene(rng, share, learner.shape) for share in (1, 0.35, 0))
    alone, some = labelled(model, full, tmp_path / "full"), labelled(model, corner, tmp_path / "corner")
    assert dice(alone > 0, truth > 0) > 0.95
    assert dice(some > 0, few > 0) > 0.9
    assert (alone.max(), some.max()) == (truth.max(), few.max())
    assert not found(model, empty, tmp_path / "empty").any()
    for around in ("noise", "black"):
        larger, inside = framed(full, around)
        seen = labelled(model, larger, tmp_path / around)
        assert dice(seen[inside] > 0, alone > 0) > 0.98
        seen[rimmed(inside, RIM)] = 0
        assert not seen.any()
