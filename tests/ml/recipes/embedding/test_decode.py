from __future__ import annotations

import numpy as np
import pytest

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging import Region
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.core.recipes.embedding.parameters import EmbeddingDecode
from desktop_app.ml.inference.engine import Room, named_labels
from desktop_app.ml.inference.maps import VoxelMaps
from desktop_app.ml.recipes.embedding.decode import decode_embedding
from desktop_app.ml.recipes.embedding.engine import map_names
from tests.objects.embedding.fields import counts, ideal_field
from tests.objects.panoptic.ideal import ellipsoids


def card(dimensions: int, patch: tuple[int, int, int], thick: float = 1.0) -> ModelCard:
    return ModelCard(
        name="test",
        recipe="embedding",
        network=f"unet{dimensions}d",
        dimensions=dimensions,
        input_channels=1,
        output_channels=2 * dimensions + 1,
        patch_size=patch,
        divisor=(1, 1, 1),
        voxel_size=VoxelSize(z=thick, y=1, x=1, unit="µm"),
    )


def maps(true: np.ndarray, model: ModelCard, noise: float = 0.0) -> VoxelMaps:
    thick = model.voxel_size.z if model.dimensions == 3 else 1.0
    field = ideal_field(true, noise=noise, aspect=(thick, 1.0, 1.0), axes=model.dimensions)
    return VoxelMaps.of(map_names(model.dimensions), np.concatenate([field.seeds[None], field.offsets, field.radii]))


def decoded(true: np.ndarray, model: ModelCard, memory: float, noise: float = 0.0) -> np.ndarray:
    parameters = EmbeddingDecode(min_size=5, seed_threshold=0.7)
    stream = decode_embedding(maps(true, model, noise), parameters, model, Room(memory), RecordingContext())
    labels, names = named_labels(stream)
    assert labels.dtype == np.uint32
    assert set(names) == set(np.unique(labels[labels > 0]).tolist()) == set(range(1, int(labels.max()) + 1))
    return labels


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_objects_stay_whole_whatever_the_blocks(noise: float) -> None:
    model = card(3, (12, 24, 24), 2.0)
    true = ellipsoids((20, 90, 110), 60, (3.0, 8.0), 1)
    sizes = np.bincount(true.ravel())
    known = np.where(sizes[true] > 60, true, 0)
    whole, parted = (decoded(true, model, memory, noise) for memory in (4.0, 0.0001))
    assert whole.max() == parted.max()
    assert counts(parted, whole)[1:] == (0, 0)
    assert counts(whole, known)[2] == 0


def test_slices_of_a_flat_model_share_no_object() -> None:
    model = card(2, (1, 32, 32))
    true = np.zeros((3, 40, 40), np.uint32)
    true[:, 5:15, 5:15], true[:, 20:32, 20:32] = 1, 2
    found = decoded(np.stack([np.zeros_like(true[0]), true[1], true[2]]), model, 4.0)
    assert not found[0].any()
    assert sorted(np.unique(found[1:])) == [0, 1, 2, 3, 4]
    assert ((found > 0)[1:] == (true > 0)[1:]).all()


def test_it_can_be_stopped_between_blocks() -> None:
    model = card(3, (8, 16, 16))
    true = ellipsoids((16, 60, 60), 20, (3.0, 5.0))
    ctx = RecordingContext(cancel_after=2)
    stream = decode_embedding(maps(true, model), EmbeddingDecode(), model, Room(0.0001), ctx)
    with pytest.raises(JobCancelled):
        named_labels(stream)


def test_it_says_how_sure_it_is_of_objects() -> None:
    model = card(3, (12, 24, 24), 2.0)
    true = ellipsoids((16, 48, 48), 6, (4.0, 7.0), 2)
    parameters = EmbeddingDecode(min_size=5, seed_threshold=0.7)
    known = maps(true, model)
    stream = decode_embedding(known, parameters, model, Room(1.0), RecordingContext())
    assert stream.likely is not None
    sure = stream.likely(Region.whole(known.shape))
    assert sure.min() >= 0
    assert sure.max() <= 1
    assert sure[true > 0].mean() > 0.7
    assert sure[true == 0].mean() < 0.1
