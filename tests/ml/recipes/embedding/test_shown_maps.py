"""Seeds and arrows, to look at and to keep."""

from __future__ import annotations

import numpy as np

from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.embedding.parameters import EmbeddingDecode
from desktop_app.core.recipes.registry import RECIPES as INFOS
from desktop_app.ml.inference.engine import Room, named_labels
from desktop_app.ml.recipes.registry import COMPUTED
from tests.ml.recipes.embedding.test_decode import card, maps

RECIPE, INFO = COMPUTED["embedding"], INFOS["embedding"]


def squares() -> np.ndarray:
    true = np.zeros((2, 30, 40), np.uint32)
    true[:, 5:15, 5:15], true[:, 15:25, 20:32] = 1, 2
    return true


def test_layers_show_where_voxels_point() -> None:
    true = squares()
    seeds, arrows = RECIPE.map_layers(maps(true, card(3, (2, 16, 16))))
    assert ((seeds.labels > 0) == (true > 0)).all()
    assert ((arrows.labels > 0) == (true > 0)).all()
    assert "right" in arrows.scheme.by_value(int(arrows.labels[0, 9, 5])).name
    assert "left" in arrows.scheme.by_value(int(arrows.labels[0, 9, 14])).name
    assert set(np.unique(seeds.labels)) <= set(range(11))


def test_files_hold_percent_and_degrees_where_they_are_wanted() -> None:
    model, decode = card(2, (1, 16, 16)), EmbeddingDecode(keep_maps=True, min_size=5, seed_threshold=0.7)
    found = maps(squares(), model)
    stream = RECIPE.engine.decode(found, decode, model, Room(), RecordingContext())
    list(stream.slabs)
    assert tuple(stream.more) == INFO.further_results
    seeds, arrows = (np.concatenate([part for _, part in slabs]) for slabs in stream.more.values())
    assert seeds.shape == arrows.shape == (2, 30, 40)
    assert seeds.max() == 100
    assert 0 < arrows.max() <= 360
    plain = RECIPE.engine.decode(found, EmbeddingDecode(), model, Room(), RecordingContext())
    assert not plain.more
    named_labels(plain)
    assert INFO.keeps_further("slice", {"keep_maps": True})
    assert not INFO.keeps_further("slice", {})
