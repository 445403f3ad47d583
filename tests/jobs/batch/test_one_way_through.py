"""Window, batch over a folder and the command line on one file give the same maps and labels, to the last bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch

from desktop_app.cli.app import run_command
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.imaging import Region
from desktop_app.core.job import RecordingContext
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import open_volume
from desktop_app.io.models import save_model
from desktop_app.jobs.batch.infer import run_inference
from desktop_app.jobs.batch.preview import PreviewSession
from desktop_app.ml.networks.registry import build_network
from tests.cards import semantic_card

SHAPE = (10, 40, 44)
DECODE = {"objects": "connected", "min_size": 0, "threshold": 0.5}


def model(folder: Path, dimensions: int, channels: int) -> Path:
    patch, divisor = ((1, 16, 16), (1, 2, 2)) if dimensions == 2 else ((4, 16, 16), (2, 2, 2))
    card = semantic_card(
        name="m", network=f"unet{dimensions}d", network_arguments={"channels": 4, "levels": 2}, dimensions=dimensions,
        patch_size=patch, divisor=divisor, input_channels=channels, decode=DECODE,
    )  # fmt: skip
    torch.manual_seed(3)
    weights = build_network(card.network, card.network_arguments, channels, 2).state_dict()
    weights["output.weight"] *= 20  # so that there is something to tell apart
    return save_model(folder / "m.vwmodel", card, {name: value.numpy() for name, value in weights.items()})


def grey(kind: Any) -> np.ndarray:
    values = np.random.default_rng(4).normal(500, 150, SHAPE).clip(0, 1000)
    values[3:7, 10:20, 12:30] += 2000
    return (values / 3000 * 255).astype(kind) if kind == np.uint8 else values.astype(kind)


IMAGES: dict[str, tuple[np.ndarray, dict[str, Any], int]] = {
    "uint8": (grey(np.uint8), {"axes": "ZYX"}, 1),
    "uint16": (grey(np.uint16), {"axes": "ZYX"}, 1),
    "float": (grey(np.float32), {"axes": "ZYX"}, 1),
    "channels": (np.stack([grey(np.uint16), grey(np.uint16)[::-1]], axis=1), {"axes": "ZCYX"}, 2),
    "movie": (np.stack([grey(np.uint16), grey(np.uint16)[:, ::-1]]), {"axes": "TZYX"}, 1),
    "colours": (
        np.stack([grey(np.uint8)[0], grey(np.uint8)[4], grey(np.uint8)[5]], axis=-1),
        {"photometric": "rgb"},
        3,
    ),
}


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("dimensions", [2, 3])
def test_an_image_is_labelled_alike_from_everywhere(name: str, dimensions: int, tmp_path: Path) -> None:
    voxels, written, channels = IMAGES[name]
    folder = tmp_path / "Bilder ä"
    folder.mkdir()
    for file in ("a.tif", "b.tif", "c.tif"):
        extra = {"metadata": {"axes": written["axes"]}, "imagej": True} if "axes" in written else written
        tifffile.imwrite(folder / file, voxels if file == "b.tif" else voxels[::-1].copy(), **extra)
    made, image = model(tmp_path, dimensions, channels), folder / "b.tif"

    session, volume = PreviewSession(made, "cpu"), open_volume(image)
    shown, maps = [], []
    for time in range(volume.times):
        at = volume.at_time(time)
        seen = session.predict(at, Region.whole(at.shape), "auto", RecordingContext())
        maps.append(seen.content.read(Region.whole(at.shape)))
        shown.append(session.decode(seen, {}))
    assert 0 < np.mean(maps[0] > 0.5) < 1

    config = InferenceConfig(model=str(made), inputs=(str(folder),), output=str(tmp_path / "all"), device="cpu")
    assert run_inference(config, RecordingContext()).failed == 0
    command = ["infer", "--model", str(made), "--input", str(image), "--output", str(tmp_path / "one")]
    assert run_command([*command, "--device", "cpu"]) == 0
    for place in ("all", "one"):
        labels = open_labels(tmp_path / place / "b.tif")
        assert labels.times == len(shown)
        for time, wanted in enumerate(shown):
            np.testing.assert_array_equal(labels.at_time(time).read(), wanted)
