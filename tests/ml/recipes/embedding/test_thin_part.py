"""A slice of a volume shows the objects whose centres lie in others."""

from __future__ import annotations

import numpy as np
import pytest

from desktop_app.core.imaging import Region
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.embedding.parameters import EmbeddingDecode
from desktop_app.ml.inference.engine import Room, named_labels
from desktop_app.ml.recipes.embedding.thin_part import ThinMaps, thickened
from desktop_app.ml.recipes.registry import COMPUTED
from tests.ml.recipes.embedding.test_decode import card, maps
from tests.objects.panoptic.ideal import ellipsoids


@pytest.mark.parametrize(("z", "expected"), [(10, (6, 15)), (0, (0, 5)), (19, (15, 20))])
def test_slices_are_added_on_both_sides_as_far_as_there_are_some(z: int, expected: tuple[int, int]) -> None:
    found = thickened(Region((z, 2, 2), (z + 1, 9, 9)), 8, 20)
    assert (found.start, found.stop) == ((expected[0], 2, 2), (expected[1], 9, 9))
    thick = Region((0, 0, 0), (12, 5, 5))
    assert thickened(thick, 8, 20) == thick


def test_a_slice_has_the_objects_of_the_volume() -> None:
    model, decode = card(3, (12, 24, 24)), EmbeddingDecode(min_size=20, seed_threshold=0.9)
    true = ellipsoids((20, 50, 60), 12, (4.0, 6.0), 2, touching=False)
    whole, engine = maps(true, model), COMPUTED["embedding"].engine
    z = int((true > 0).sum(axis=(1, 2)).argmax())
    part = Region((z, 5, 5), (z + 1, 45, 55))
    thin = ThinMaps(whole, part)
    labels, names = named_labels(engine.decode(thin, decode, model, Room(), RecordingContext()))
    assert labels.shape == thin.shape == (1, 40, 50)
    assert set(names) == set(range(1, int(labels.max()) + 1))
    volume, _ = named_labels(engine.decode(whole, decode, model, Room(), RecordingContext()))
    expected = volume[part.slices]
    assert ((labels > 0) == (expected > 0)).all()
    assert len(names) == len(np.unique(expected)) - 1 > 3
    np.testing.assert_array_equal(thin.read(Region.whole(thin.shape)), whole.read(part))
