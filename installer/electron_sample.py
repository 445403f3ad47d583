"""Made-up electron microscopy with true labels, and a model that has learned it: for the manual's picture of that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SHAPE = (32, 256, 256)  # voxels (Z, Y, X); deep enough to be looked at in three directions
_EDGE_NM = 10.0  # of a voxel, a cube as from FIB-SEM
_CELL, _MEMBRANE = 76.0, 2.0  # px: between the middles of cells, and half of what lies between two cells
_RADII = (8.0, 15.0)  # px of mitochondria, which are longer than they are wide
_TRIES = 1500  # places; most are taken or too close to a membrane
_CYTOPLASM, _DARK_RIM, _MATRIX = 175.0, 35.0, 75.0  # grey values
_NOISE, _BLUR = 14.0, 0.7  # grey values; px
_PATCH = 128  # px; holds several mitochondria
_STEPS = 200
"""Of the smallest network on patches of 128 px: a minute of one processor core."""


@dataclass(frozen=True, slots=True)
class ElectronSample:
    """What was made.

    Attributes:
        image: A stack that the model has not learned from.
        model: It outlines mitochondria.
    """

    image: Path
    model: Path


def make(folder: Path, models: Path) -> ElectronSample:
    """Draw three stacks, learn from two of them.

    Args:
        folder: For the stacks and the training; it is made.
        models: Folder that gets the model.
    """
    from desktop_app.core.config.dataset import DatasetConfig, PairConfig
    from desktop_app.core.config.learning import OptimisationParameters, ValidationParameters
    from desktop_app.core.config.training import TrainingConfig
    from desktop_app.core.job import RecordingContext
    from desktop_app.jobs.models.library import import_model
    from desktop_app.jobs.train.run import train_model

    pairs = []
    for seed in (1, 2):
        image, labels = _write(folder, f"Learned {seed}", seed)
        pairs.append(PairConfig(name=image.stem, image=str(image), labels=str(labels)))
    shown, _ = _write(folder, "Cell 1", 3)
    training = TrainingConfig(
        name="Mitochondria",
        output=str(folder / "run"),
        dataset=DatasetConfig(pairs=tuple(pairs), class_names=("Mitochondrion",)),
        recipe="panoptic",
        network="panoptic_bifpn",
        network_arguments={"encoder": "regnety_200mf", "channels": 64},
        patch_size=(1, _PATCH, _PATCH),
        optimisation=OptimisationParameters(iterations=_STEPS, batch_size=8, learning_rate=2e-3),
        validation=ValidationParameters(every=_STEPS, max_images=1),
        device="cpu",
    )
    trained = train_model(training, RecordingContext())
    return ElectronSample(shown, import_model(trained.model, models))


def _write(folder: Path, name: str, seed: int) -> tuple[Path, Path]:
    from desktop_app.core.imaging import Volume, VoxelSize
    from desktop_app.io.images.registry import write_volume

    size = VoxelSize(z=_EDGE_NM, y=_EDGE_NM, x=_EDGE_NM, unit="nm")
    paths = folder / "images" / f"{name}.tif", folder / "labels" / f"{name}.tif"
    image, labels = stack(seed)
    for path, volume in (
        (paths[0], Volume.from_array(image, voxel_size=size)),
        (paths[1], Volume.from_array(labels, voxel_size=size)),
    ):
        write_volume(path, volume.source, volume)
    return paths


def stack(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint16]]:
    """Cells with dark membranes, and mitochondria with inner folds in them.

    Args:
        seed: The same seed gives the same stack.

    Returns:
        Image and labels (Z, Y, X): grey values, and a number for each mitochondrion.
    """
    import numpy as np
    from scipy import ndimage

    rng = np.random.default_rng(seed)
    bent = [ndimage.gaussian_filter(rng.normal(size=_SHAPE), 8.0) for _ in _SHAPE]
    points = np.indices(_SHAPE, dtype=np.float32)
    places = np.stack([axis + 5.0 * noise / noise.std() for axis, noise in zip(points, bent, strict=True)], axis=-1)
    between = _between_cells(places.reshape(-1, 3), rng).reshape(_SHAPE)
    labels, inside, folds = _mitochondria(between, rng)
    grey = _CYTOPLASM + 12.0 * ndimage.gaussian_filter(rng.normal(size=_SHAPE), 1.5) / 0.06
    grey[between < _MEMBRANE] = _DARK_RIM
    grey = np.where(labels > 0, _MATRIX + 22.0 * folds, grey)
    grey[(labels > 0) & (inside > 0.82)] = _DARK_RIM + 10.0
    grey = ndimage.gaussian_filter(grey, _BLUR) + rng.normal(0.0, _NOISE, _SHAPE)
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8), labels


def _between_cells(places: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """How far each voxel is from the face between its cell and the next, px; places are (n, 3) in z, y, x."""
    import numpy as np
    from scipy.spatial import cKDTree

    room = np.array(_SHAPE) + 2 * _CELL
    middles = rng.uniform(-_CELL, room - _CELL, size=(round(float(np.prod(room)) / _CELL**3), 3))
    distance, cell = cKDTree(middles).query(places, k=2)
    apart = np.linalg.norm(middles[cell[:, 1]] - middles[cell[:, 0]], axis=1)
    return np.asarray((distance[:, 1] ** 2 - distance[:, 0] ** 2) / (2 * apart))


def _mitochondria(
    between: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.uint16], NDArray[np.float64], NDArray[np.float64]]:
    """Ellipsoids that keep off membranes and each other.

    Returns:
        Their numbers; how far out in its own each voxel lies, 0 to 1; and a wave across it, -1 to 1.
    """
    import numpy as np

    labels = np.zeros(_SHAPE, np.uint16)
    inside, folds = np.ones(_SHAPE), np.zeros(_SHAPE)
    count = 0
    roomy = np.argwhere(between > _RADII[0])
    for _ in range(_TRIES):
        radius = rng.uniform(*_RADII)
        radii = radius * np.array([1.0, rng.uniform(0.65, 1.0), rng.uniform(1.0, 1.6)])
        turned = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        middle = rng.choice(roomy)
        reach = int(np.ceil(radii.max())) + 1
        box = tuple(slice(max(0, int(m) - reach), int(m) + reach + 1) for m in middle)
        reached = labels[box].shape  # less than the box at the rim
        offsets = np.moveaxis(np.indices(reached), 0, -1) + [part.start for part in box] - middle
        own = offsets @ turned
        out = np.sqrt(((own / radii) ** 2).sum(axis=-1))
        body = out < 1.0
        if not body.any() or (labels[box][out < 1.15] > 0).any() or (between[box][body] < _MEMBRANE + 1.5).any():
            continue
        count += 1
        labels[box][body] = count
        inside[box][body] = out[body]
        folds[box][body] = np.sin(own[..., 2] * 1.9)[body]
    return labels, inside, folds
