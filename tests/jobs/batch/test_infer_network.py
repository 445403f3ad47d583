"""The batch and the preview on a real network, with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desktop_app.core.config.inference import InferenceConfig, TilingParameters
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume, VoxelSize
from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom
from desktop_app.core.job import RecordingContext
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.io.models import save_model
from desktop_app.jobs.batch.infer import run_inference
from desktop_app.jobs.batch.preview import PreviewSession
from tests.cards import semantic_card

DECODE = {"threshold": 0.35, "seed_threshold": 0.2, "min_size": 5}


def make_model(folder: Path, dimensions: int, **changes: Any) -> Path:
    import torch

    from desktop_app.ml.inference.loading import network_of

    flat = dimensions == 2
    card = semantic_card(
        name="random",
        network=f"unet{dimensions}d",
        dimensions=2 if flat else 3,
        network_arguments={"channels": 4, "levels": 2},
        output_channels=3,
        class_names=("Cell",),
        patch_size=(1, 32, 32) if flat else (8, 32, 32),
        divisor=(1, 4, 4) if flat else (4, 4, 4),
        decode=DECODE,
        voxel_size=VoxelSize(z=1, y=0.5, x=0.5),
        **changes,
    )
    torch.manual_seed(4)
    weights = {name: value.numpy() for name, value in network_of(card).state_dict().items()}
    return save_model(folder / f"random{dimensions}.vwmodel", card, weights)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    phantom = nuclei_phantom(PhantomParameters(shape=(10, 70, 60), nuclei=20, radius=6))
    volume = Volume.from_array(phantom.image, voxel_size=phantom.voxel_size)
    path = tmp_path / "in" / "nuclei.tif"
    path.parent.mkdir()
    write_volume(path, volume.source, volume)
    return path


def labelled(model: Path, image: Path, out: Path, memory_gb: float = 2.0, **changes: Any) -> np.ndarray:
    tiling = TilingParameters().model_copy(update={"memory_gb": memory_gb})
    config = InferenceConfig(
        model=str(model), inputs=(str(image),), output=str(out), tiling=tiling, device="cpu", **changes
    )
    (case,) = run_inference(config, RecordingContext()).cases
    assert case.error == ""
    return open_labels(Path(case.output)).read()


def foreground(labels: np.ndarray) -> np.ndarray:
    return labels > 0


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_tiny_memory_budget_changes_nothing(tmp_path, image, dimensions):
    model = make_model(tmp_path, dimensions)
    roomy = labelled(model, image, tmp_path / "roomy", decode={"objects": "connected"})
    tight = labelled(model, image, tmp_path / "tight", 0.0005, decode={"objects": "connected"})
    assert roomy.shape == (10, 70, 60)
    assert 0 < foreground(roomy).mean() < 1
    assert (foreground(roomy) == foreground(tight)).all()
    assert len(np.unique(roomy)) == len(np.unique(tight))


def test_the_preview_shows_what_the_batch_will_write(tmp_path, image):
    model = make_model(tmp_path, 3)
    batch = labelled(model, image, tmp_path / "out")
    session = PreviewSession(model, "cpu")
    volume = open_volume(image)
    whole = Region.whole(volume.shape)
    maps = session.predict(volume, whole, "auto", RecordingContext())
    assert maps.channels == ("class:Cell", "depth")
    assert (session.decode(maps, {}) == batch).all()
    part = Region((4, 10, 10), (5, 60, 50))
    labels = session.decode(session.predict(volume, part, "auto", RecordingContext()), {})
    assert labels.shape == part.shape


def test_a_mode_that_the_model_has_not_stops_the_batch_before_any_image(tmp_path, image):
    config = InferenceConfig(
        model=str(make_model(tmp_path, 2)), inputs=(str(image),), output=str(tmp_path / "out"), mode="volume"
    )
    with pytest.raises(UserError, match="2D model"):
        run_inference(config, RecordingContext())


def test_a_missing_model_stops_the_batch_before_any_image(tmp_path, image):
    config = InferenceConfig(model=str(tmp_path / "no.vwmodel"), inputs=(str(image),), output=str(tmp_path / "out"))
    with pytest.raises(UserError, match=r"no\.vwmodel"):
        run_inference(config, RecordingContext())


def test_difficult_images_go_through_the_network(tmp_path):
    import tifffile

    folder = tmp_path / "in"
    folder.mkdir()
    holes = np.full((4, 20, 20), np.nan, np.float32)
    holes[1, 5:9, 5:9] = 3
    tifffile.imwrite(folder / "nan.tif", holes, photometric="minisblack", metadata={"axes": "ZYX"})
    tifffile.imwrite(folder / "dot.tif", np.ones((1, 1), np.uint16))
    tifffile.imwrite(
        folder / "flat.tif", np.full((3, 9, 11), 7, np.uint8), photometric="minisblack", metadata={"axes": "ZYX"}
    )
    config = InferenceConfig(
        model=str(make_model(tmp_path, 3)), inputs=(str(folder),), output=str(tmp_path / "out"), device="cpu"
    )
    result = run_inference(config, RecordingContext())
    assert [c.error for c in result.cases] == ["", "", ""]
    for case in result.cases:
        assert open_labels(Path(case.output)).shape == open_volume(case.path).shape
