"""Pictures of discs and volumes of balls, and models of every kind that are trained on them, for laws that hold of
labels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import EllipsisType
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.learning import EMPTY_SHARE
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging import Index3
from desktop_app.core.job import RecordingContext
from desktop_app.jobs.batch.infer import run_inference
from desktop_app.jobs.train.run import train_model

EDGE = 160
"""Of a picture, px."""
BOX: Index3 = (24, 64, 64)
"""Of a volume, voxels (z, y, x)."""
RIM = 2
"""Pixels by which objects that a picture's border cuts may reach beyond it: outlines blur by so much."""
_TRIES = 1500  # places tried for a disc: by then hardly another one fits
_DARK, _BRIGHT, _NOISE = 100, 170, 10  # grey values of background and objects, and spread of the noise


@dataclass(frozen=True)
class Learner:
    """A kind of model and how it is trained in short.

    Attributes:
        network: Its network.
        arguments: Of the network, where small ones do.
        recipe: Its family.
        finds: Labels it learns from: ``classes`` for regions, ``objects``; ``nothing`` where it learns without any.
        shape: Of the training images.
        patch: Of a training step.
        steps: Of training.
        batch: Patches per step.
        rate: Learning rate, None for the usual one.
        parameters: Of the recipe, where they follow from the labels.
        radii: Smallest and largest of the discs or balls, voxels; None for the usual ones.
    """

    network: str
    arguments: dict[str, Any] = field(default_factory=dict)
    recipe: str = "semantic"
    finds: str = "classes"
    shape: Index3 = (1, EDGE, EDGE)
    patch: Index3 = (1, 64, 64)
    steps: int = 300
    batch: int = 4
    rate: float | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    radii: tuple[float, float] | None = None


_UNET = {"channels": 8, "levels": 3, "norm": "batch"}
_SEGRESNET = {"norm": "batch"}
_DEEP: dict[str, Any] = {"shape": BOX, "patch": (16, 32, 32), "batch": 2}
_BIFPN = {"encoder": "regnety_200mf", "channels": 64, "layers": 2}
_DEEPLAB = {"encoder": "regnety_200mf", "channels": 64, "dropout": 0.1, "image_pooling": False}
_PANOPTIC: dict[str, Any] = {"recipe": "panoptic", "finds": "objects", "patch": (1, 128, 128), "rate": 3e-3}
_TINY: dict[str, dict[str, Any]] = {
    "dynunet": {"channels": 8, "levels": 3},
    "plain_unet": {"channels": 8, "levels": 3},
    "attention_unet": {"channels": 8, "levels": 3},
    "vnet": {},
    "swin_unetr": {"features": 12, "save_memory": False},
    "mednext": {"channels": 8},
    "easyreg_unet": {"channels": 8},
    "quick_unet": {"channels": 8, "levels": 3, "fine_channels": 8},
}
"""Networks of the literature, and the one that is usual, as small as they are offered without a GPU."""
_EMBEDDING: dict[str, Any] = {
    "recipe": "embedding", "finds": "objects", "rate": 2e-3,
    "parameters": {"patches": "anew", "foreground_weight": 2, "span": 64, "first_radius": 8},
}  # fmt: skip
_LABEL_FREE: dict[str, Any] = {"recipe": "unsupervised", "finds": "nothing", "steps": 100, "rate": 1e-2}
_WNET = {"channels": 4, "levels": 3, "dropout": 0}
LEARNERS = {
    "regions, U-Net": Learner("unet2d", _UNET),
    "objects, U-Net": Learner("unet2d", _UNET, finds="objects"),
    "regions, SegResNet": Learner("segresnet2d", _SEGRESNET),
    "objects, SegResNet": Learner("segresnet2d", _SEGRESNET, finds="objects"),
    "regions, U-Net 3D": Learner("unet3d", _UNET, **_DEEP),
    "objects, U-Net 3D": Learner("unet3d", _UNET, finds="objects", **_DEEP),
    "regions, SegResNet 3D": Learner("segresnet3d", _SEGRESNET, **_DEEP),
    "objects, SegResNet 3D": Learner("segresnet3d", _SEGRESNET, finds="objects", **_DEEP),
    **{f"regions, {name}": Learner(f"{name}2d", arguments) for name, arguments in _TINY.items()},
    **{f"regions, {name} 3D": Learner(f"{name}3d", arguments, **_DEEP) for name, arguments in _TINY.items()},
    "regions, swin_unetr 3D": Learner(
        "swin_unetr3d", _TINY["swin_unetr"], shape=(32, 96, 96), patch=(32, 64, 64), batch=2
    ),  # it halves a patch five times
    "regions, plain_unet": Learner("plain_unet2d", _TINY["plain_unet"], steps=900),
    "embedding, ERFNet": Learner("erfnet2d", {"dropout": 0}, **_EMBEDDING),
    "embedding, U-Net": Learner("unet2d", _UNET, **_EMBEDDING),
    "embedding, ERFNet 3D": Learner("erfnet3d", {"dropout": 0}, **_EMBEDDING, **_DEEP),
    "panoptic, BiFPN": Learner("panoptic_bifpn", _BIFPN, **_PANOPTIC),
    "panoptic, DeepLab": Learner("panoptic_deeplab", _DEEPLAB, **_PANOPTIC),
    "panoptic, small": Learner(
        "panoptic_deeplab",
        {**_DEEPLAB, "channels": 32, "dropout": 0},
        steps=300,
        radii=(10, 16),
        **{**_PANOPTIC, "patch": (1, 64, 64), "rate": 4e-3},
    ),
    "label-free, W-Net": Learner("wnet2d", _WNET, **_LABEL_FREE),
    "label-free, W-Net 3D": Learner("wnet3d", _WNET, **{**_LABEL_FREE, "steps": 200}, **_DEEP),
    "embedding, small": Learner("unet2d", _UNET, steps=150, **{**_EMBEDDING, "rate": 3e-3}),
}
"""Every network, and every recipe, as small as learns this in some minutes; the ``small`` ones in half a minute, those
without labels in some ten seconds.

Panoptic networks find large objects soonest, because they see centres at a quarter of the size: with discs of 6 to
10 px such a small one is at Dice 0.91 after 120 steps, with 10 to 16 px at 0.95 after 80. Then large discs are still
two or three objects by the tile in which they lie; after 300 steps each is one in tiles of any size.

The plain U-Net takes longer: after 300 steps it is unsure of noise (a pixel or two in an empty picture) and, by the
seed, of background beside black (Dice 0.92 with itself alone); after 900 of neither. Twice as many empty patches
help two of three seeds and cost Dice 0.003 with the third.

Of volumes a V-Net is at Dice 0.976 after 120 steps, 0.954 where a corner is filled, and agrees with itself alone in
noise to 0.974; Swin UNETR after 200 steps at 0.9997, 0.9991 and 0.9994. Neither paints anything in an empty volume,
although both see farther than their patches. A W-Net of volumes agrees with itself alone, in noise and beside black, to
0.95 to 0.99 after 100 steps, by the seed and by how the processor rounds, and to 0.98 to 0.998 after 200 (four seeds).
The quick U-Net is at 0.998 in pictures after 300 steps and at 0.993 in volumes after 200, 0.998 and 0.986 in a corner,
with nothing painted in emptiness.
"""
REGIONS = LEARNERS["regions, U-Net"]


def scene(
    rng: np.random.Generator, filled: float, shape: Index3, radii: tuple[float, float] | None = None
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Bright discs or balls in one corner of a noisy image, and their numbers ``(Z, Y, X)``.

    Args:
        rng: Of everything random.
        filled: Share of each edge in the slice plane that has some; 1 fills the image densely, 0 leaves it empty.
        shape: Of the image; balls where it is deep.
        radii: Smallest and largest, voxels; None for the usual ones.
    """
    numbers = np.zeros(shape, np.uint16)
    places = np.indices(shape)
    low, high = radii or ((6, 10) if shape[0] == 1 else (5, 8))
    for _ in range(_TRIES if filled else 0):
        radius, middle = rng.uniform(low, high), rng.uniform(0, np.array(shape) * (1, filled, filled))
        middle[0] = 0 if shape[0] == 1 else middle[0]
        distance = np.sqrt(sum((line - m) ** 2 for line, m in zip(places, middle, strict=True)))
        if not numbers[distance < radius + 2].any():
            numbers[distance < radius] = numbers.max() + 1
    image = np.where(numbers > 0, _BRIGHT, _DARK) + rng.normal(0, _NOISE, shape)
    return image.clip(0).astype(np.uint16), numbers


def picture(
    rng: np.random.Generator, filled: float, radii: tuple[float, float] | None = None
) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
    """A noisy picture ``(Y, X)``, and where its discs are; see ``scene``."""
    image, numbers = scene(rng, filled, (1, EDGE, EDGE), radii)
    return image[0], numbers[0] > 0


def write(path: Path, array: NDArray[Any]) -> str:
    """A picture ``(Y, X)`` or volume ``(Z, Y, X)`` as a TIFF file, in the byte order that it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, array, byteorder=">" if array.dtype.byteorder == ">" else "<")
    return str(path)


def trained(folder: Path, learner: Learner = REGIONS, seed: int = 0) -> Path:
    """A model that has learned from four images that are densely filled everywhere."""
    rng, pairs = np.random.default_rng(seed), []
    for number in range(4):
        image, numbers = scene(rng, 1, learner.shape, learner.radii)
        parts = {"image": image}
        if learner.finds != "nothing":
            parts["labels"] = numbers if learner.finds == "objects" else (numbers > 0).astype(np.uint16)
        places = {name: write(folder / name / f"{number}.tif", array.squeeze()) for name, array in parts.items()}
        pairs.append(PairConfig(name=str(number), role="validation" if number == 3 else "train", **places))
    kinds = "classes" if learner.finds == "classes" else "objects"
    kind: dict[str, Any] = {"kind": kinds, "class_values": (1,), "class_names": ("Cell",)}
    rate = {} if learner.rate is None else {"learning_rate": learner.rate, "schedule": "one_cycle"}
    config = TrainingConfig.model_validate(
        {
            "output": str(folder / "run"),
            "dataset": DatasetConfig(pairs=tuple(pairs), **kind).model_dump(),
            "recipe": learner.recipe,
            "recipe_parameters": learner.parameters,
            "network": learner.network,
            "network_arguments": learner.arguments,
            "patch_size": learner.patch,
            "augmentation": {"empty": EMPTY_SHARE},
            "optimisation": {"iterations": learner.steps, "batch_size": learner.batch, **rate},
            "validation": {"every": learner.steps // 2},
            "device": "cpu",
            "seed": seed + 1,
        }
    )
    return train_model(config, RecordingContext()).model


@dataclass(frozen=True)
class Finder:
    """A model, and how it was trained."""

    model: Path
    learner: Learner


def labelled(
    model: Path, image: NDArray[Any], folder: Path, ctx: RecordingContext | None = None, **settings: Any
) -> NDArray[np.uint32]:
    """What a model makes of an image ``([Z,] Y, X)``, by way of files, with settings of an ``InferenceConfig``."""
    places = {"inputs": [write(folder / "in" / "p.tif", image)], "output": str(folder / "out")}
    config = InferenceConfig.model_validate({"model": str(model), "device": "cpu", **places, **settings})
    run_inference(config, ctx or RecordingContext())
    return np.asarray(tifffile.imread(folder / "out" / "p.tif")).reshape(image.shape).astype(np.uint32)


def framed(image: NDArray[np.uint16], around: str) -> tuple[NDArray[np.uint16], tuple[slice | EllipsisType, ...]]:
    """An image in the middle of ``black`` or of ``noise``, three times as high and wide, and where it lies."""
    height, width = image.shape[-2:]
    shape = (*image.shape[:-2], 3 * height, 3 * width)
    level, noise = {"black": (0, 0), "noise": (_DARK, _NOISE)}[around]
    larger = np.random.default_rng(10).normal(level, noise, shape).clip(0).astype(np.uint16)
    inside = (..., slice(height, 2 * height), slice(width, 2 * width))
    larger[inside] = image
    return larger, inside


def rimmed(inside: tuple[slice | EllipsisType, ...], rim: int) -> tuple[slice | EllipsisType, ...]:
    """A place in a larger image, wider by some pixels on each side."""
    return tuple(slice(s.start - rim, s.stop + rim) if isinstance(s, slice) else s for s in inside)


def found(model: Path, image: NDArray[Any], folder: Path) -> NDArray[np.bool_]:
    """Where a model finds something in an image."""
    return labelled(model, image, folder) > 0


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Overlap of two masks."""
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))
