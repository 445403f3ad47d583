from __future__ import annotations

import numpy as np
import pytest
import torch

from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.embedding.parameters import EmbeddingTraining
from desktop_app.core.recipes.registry import RECIPES as INFOS
from desktop_app.ml.losses.spatial_embedding import EmbeddingUnits
from desktop_app.ml.networks.registry import build_network
from desktop_app.ml.recipes.base import LossInput, Task
from desktop_app.ml.recipes.embedding.engine import maps_of
from desktop_app.ml.recipes.embedding.targets import object_targets
from desktop_app.ml.recipes.registry import COMPUTED
from desktop_app.objects.embedding.clustering import ClusterRules, clustered
from desktop_app.objects.embedding.field import EmbeddingField
from tests.objects.embedding.fields import counts
from tests.objects.panoptic.ideal import ellipsoids

RECIPE = COMPUTED["embedding"]


@pytest.mark.parametrize("name", [network.name for network in INFOS["embedding"].networks()])
def test_arrows_and_radii_begin_at_nothing(name: str) -> None:
    info = NETWORKS[name]
    task = Task("objects", ("Nucleus",), (1,), EmbeddingTraining(), info.dimensions)
    network = build_network(name, info.arguments().model_dump(), 1, RECIPE.channels(task))
    RECIPE.first_weights(network, task)
    found = network.eval()(torch.rand(1, 1, *(16,) * info.dimensions))
    assert not found[:, :-1].any()
    assert found[:, -1].any()


def test_a_small_network_learns_balls_in_a_few_steps() -> None:
    true = ellipsoids((16, 32, 32), 5, (4.0, 6.0), touching=False)
    task = Task("objects", ("Ball",), (1,), EmbeddingTraining(span=40, first_radius=5), 3)
    targets = object_targets(task, 1.0)
    cut = {name: torch.from_numpy(values) for name, values in targets.of_labels(true, (1, 1, 1)).items()}
    learned = {name: values[None] for name, values in targets.of_patch(cut).items()}
    image = torch.from_numpy((true > 0) + np.random.default_rng(0).normal(0, 0.1, true.shape)).float()[None, None]
    torch.manual_seed(0)
    network = build_network("unet3d", {"channels": 8, "levels": 3}, 1, 7)
    RECIPE.first_weights(network, task)
    optimiser = torch.optim.Adam(network.parameters(), 5e-3)
    for step in range(40):
        loss, _ = RECIPE.loss(LossInput(image, network(image), learned, step, task))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        seeds, *others = maps_of(network(image), EmbeddingUnits(span=40, first_radius=5))[0].numpy()
    field = EmbeddingField(seeds, np.array(others[:3]), np.array(others[3:]))
    assert counts(clustered(field, ClusterRules(seed_threshold=0.5)), true) == (5, 0, 0)
