"""Pictures of discs, and a model trained on them, for laws that hold of labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.learning import EMPTY_SHARE
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import RecordingContext
from desktop_app.jobs.batch.infer import run_inference
from desktop_app.jobs.train.run import train_model

EDGE = 160


def picture(rng: np.random.Generator, filled: float) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
    """Bright discs in one corner of a noisy picture, and where they are.

    Args:
        rng: Of everything random.
        filled: Share of each edge that has discs; 1 fills the picture densely, 0 leaves it empty.
    """
    truth = np.zeros((EDGE, EDGE), bool)
    y, x = np.mgrid[:EDGE, :EDGE]
    for _ in range(1500 if filled else 0):
        radius, middle = rng.uniform(6, 10), rng.uniform(0, EDGE * filled, 2)
        distance = np.hypot(y - middle[0], x - middle[1])
        if not truth[distance < radius + 2].any():
            truth |= distance < radius
    image = np.where(truth, 170, 100) + rng.normal(0, 10, truth.shape)
    return image.clip(0).astype(np.uint16), truth


def write(path: Path, array: NDArray[Any]) -> str:
    """A picture ``(Y, X)`` as a TIFF file, in the byte order that it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, array, byteorder=">" if array.dtype.byteorder == ">" else "<")
    return str(path)


def trained_regions(folder: Path, seed: int = 0) -> Path:
    """A model that has learned regions from pictures that are densely filled everywhere."""
    rng, pairs = np.random.default_rng(seed), []
    for number in range(4):
        image, truth = picture(rng, 1)
        places = {
            kind: write(folder / kind / f"{number}.tif", p.astype(np.uint16))
            for kind, p in (("image", image), ("labels", truth))
        }
        pairs.append(PairConfig(name=str(number), role="validation" if number == 3 else "train", **places))
    classes: dict[str, Any] = {"kind": "classes", "class_values": (1,), "class_names": ("Cell",)}
    config = TrainingConfig.model_validate(
        {
            "output": str(folder / "run"),
            "dataset": DatasetConfig(pairs=tuple(pairs), **classes).model_dump(),
            "network": "unet2d",
            "network_arguments": {"channels": 8, "levels": 3, "norm": "batch"},
            "patch_size": (1, 64, 64),
            "augmentation": {"empty": EMPTY_SHARE},
            "optimisation": {"iterations": 300, "batch_size": 4},
            "validation": {"every": 150},
            "device": "cpu",
            "seed": seed + 1,
        }
    )
    return train_model(config, RecordingContext()).model


def found(model: Path, picture: NDArray[Any], folder: Path) -> NDArray[np.bool_]:
    """Where a model finds something in a picture, by way of files."""
    config = InferenceConfig(
        model=str(model), inputs=(write(folder / "in" / "p.tif", picture),), output=str(folder / "out"), device="cpu"
    )
    run_inference(config, RecordingContext())
    return np.asarray(tifffile.imread(folder / "out" / "p.tif")).reshape(picture.shape) > 0


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Overlap of two masks."""
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))
