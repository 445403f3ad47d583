"""The models that come with the program: ``python -m tests.benchmarks.make_models nuclei2d DATA --minutes 15``.

``DATA`` is a folder that holds the public sets, each in the folder named in ``STARTERS``. A model is learned by the
program's own training, from all but the images that are kept aside, by chance of ``--seed``; ``--minutes`` are of
one processor core, from which the number of steps follows. It is scored on the images kept aside, at half, once and
twice their size, as they are and resized after the estimated size of their objects, and written to
``resources/models/NAME.vwmodel`` with half-precision weights, licence and scores. ``--measure FOLDER`` only scores the
model that is there, on a folder with ``images`` and ``labels``: also sets whose terms forbid to learn from them.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import tifffile
import torch
from numpy.typing import NDArray

from desktop_app.cli.configurations import training_config
from desktop_app.cli.training_data import TrainingRequest
from desktop_app.core.imaging import Volume
from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.job import RecordingContext
from desktop_app.core.score_trust import RANGES, Range
from desktop_app.io.images.registry import open_volume
from desktop_app.io.models import load_card, read_preview, read_weights, save_model
from desktop_app.io.resources import resource
from desktop_app.ml.data.grey_samples import grey_samples
from desktop_app.ml.training.score_trust import ranges_of_draws
from tests.benchmarks.bench_recipes import learned, say, seconds_of_a_step
from tests.benchmarks.model_scores import Sum, measured, resampled, tell

RESOURCES = resource("models")
ASIDE_2D = 40  # of 160 pictures, as in the program's other measurements of this set
CHECKED = 0.1  # of the others, to watch the learning
DIAMETER_3D = 16.0  # px of a usual nucleus: as few voxels as still show its outline, because a volume costs the cube
CELLS_CHECKED = 0.25  # of the width of the cells' volume: real nuclei to watch the learning by, besides a phantom
PHANTOMS = 6  # as many as there are volumes of cells, so that these count as much
_CONTRAST = 1.5 * PhantomParameters().contrast  # grey values between background and the brightest phantom nuclei


@dataclass(frozen=True, slots=True)
class Pair:
    """An image with its true objects.

    Attributes:
        name: Of the file to be made.
        part: ``train``, ``val`` or ``test``.
        image: ``(Z, Y, X)`` grey values, or ``(Y, X)``.
        labels: The same shape, uint16.
    """

    name: str
    part: str
    image: NDArray[Any]
    labels: NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Starter:
    """How a model to start from is made.

    Attributes:
        goal: As ``voxelwright train --goal``.
        pairs: From the folder of the sets and a seed to the images.
        settings: What is not as the program would choose it.
        description: Of the model, for its users.
        licence: Of the data.
        citation: Of the data.
    """

    goal: str
    pairs: Callable[[Path, int], Iterator[Pair]]
    settings: tuple[str, ...]
    description: str
    licence: str
    citation: str


def pictures(data: Path, seed: int) -> Iterator[Pair]:
    """Fluorescence nuclei of BBBC038, as large as they are."""
    files = sorted((data / "nuclei2d_dsb" / "images").iterdir())
    order = np.random.default_rng(seed).permutation(len(files))
    checked = ASIDE_2D + round(CHECKED * (len(files) - ASIDE_2D))
    for place, number in enumerate(order.tolist()):
        part = "test" if place < ASIDE_2D else "val" if place < checked else "train"
        file = files[number]
        labels = tifffile.imread(data / "nuclei2d_dsb" / "labels" / file.name)
        yield Pair(file.stem, part, tifffile.imread(file), labels.astype(np.uint16))


def volumes(data: Path, seed: int) -> Iterator[Pair]:
    """Nuclei of an ovule and of cultured cells, with cubic voxels and with slices twice as thick; phantoms as noisy.

    The third volume of ovules (1137) is of no use: its grey values do not show the nuclei (mean 127 in and 125 outside
    of them, with a spread of 6 after smoothing).
    """
    ratios = []
    for name, part in (("1135", "train"), ("1136", "test")):
        with h5py.File(data / "nuclei3d_ovule" / f"{name}.h5") as file:
            raw, labels = file["raw"], file["label"]
            ratio = noise_ratio(raw[:])
            yield from cubic(f"ovule{name}", part, raw[:], labels[:], raw.attrs["element_size_um"])
            ratios.append(ratio)
    place = data / "nuclei3d_cells3d"
    image, labels = (tifffile.imread(place / f"{name}.tif") for name in ("image", "labels"))
    ratios.append(noise_ratio(image))
    edges = np.array([0.29, 0.26, 0.26])
    border = round((1 - CELLS_CHECKED) * image.shape[2])
    yield from cubic("cells", "train", image[..., :border], labels[..., :border], edges)
    yield from cubic("cellsright", "val", image[..., border:], labels[..., border:], edges)
    rng = np.random.default_rng(seed)
    size = VoxelSize(z=1, y=1, x=1, unit="µm")
    for number in range(PHANTOMS):
        wanted = PhantomParameters(
            (48, 96, 96), 60, DIAMETER_3D / 2, 0.7, size, noise=_CONTRAST / float(rng.choice(ratios)),
            blur=float(rng.uniform(0.7, 1.6)),
        )  # fmt: skip
        made = nuclei_phantom(wanted, seed=seed * 100 + number)
        yield Pair(f"phantom{number}", "val" if number == 0 else "train", made.image, made.truth)


def cubic(name: str, part: str, image: NDArray[Any], labels: NDArray[Any], size: NDArray[Any]) -> Iterator[Pair]:
    """A volume resized so that its usual nucleus has ``DIAMETER_3D``, and the same with every second slice.

    Args:
        name: Of the file to be made.
        part: ``train``, ``val`` or ``test``.
        image: ``(Z, Y, X)`` grey values.
        labels: ``(Z, Y, X)``.
        size: Edges (z, y, x) of a voxel.
    """
    counts = np.bincount(labels.ravel())[1:]
    usual = float(np.median(counts[counts > 0])) * float(np.prod(size))
    edge = (6 * usual / np.pi) ** (1 / 3) / DIAMETER_3D
    factors = tuple(edge / float(one) for one in size)
    grey, true = (resampled(array, factors, nearest=n) for array, n in ((image, False), (labels, True)))
    yield Pair(name, part, grey, true.astype(np.uint16))
    if part == "train":
        yield Pair(f"{name}thick", part, grey[::2], true[::2].astype(np.uint16))


def noise_ratio(image: NDArray[Any]) -> float:
    """How many times its noise the contrast of an image is."""
    noise = grey_samples(Volume.from_array(image), 0, lambda: None).noise
    low, high = np.percentile(image, (1, 99.8))
    return float(np.clip((high - low) / max(noise, 1e-6), 5, 60))


STARTERS = {
    "nuclei2d": Starter(
        "objects2d",
        pictures,
        (
            "network=unet2d",  # at half, usual, double size F1 0.798, 0.881, 0.840; quick_unet2d 0.791, 0.860, 0.803
            "recipe_parameters.size_balance=0",
            "augmentation.scale=1",
            "augmentation.invert=0.15",
            "augmentation.intensity=0.3",
            "augmentation.blur=1.5",
            "augmentation.noise=0.5",
        ),
        "Nuclei in fluorescence pictures. Learned from 108 pictures of BBBC038 with nuclei of 8 to 94 px, shown at "
        "half to twice their size, some as negatives; 40 others were kept aside for the scores.",
        "CC0 (data and weights)",
        "Caicedo JC et al. (2019). Nucleus segmentation across imaging experiments: the 2018 Data Science Bowl. "
        "Nature Methods 16, 1247-1253. Image set BBBC038v1, Broad Bioimage Benchmark Collection.",
    ),
    "nuclei3d": Starter(
        "objects3d",
        volumes,
        (
            "augmentation.scale=1",
            "augmentation.intensity=0.3",
            "augmentation.blur=1.5",
            "patch_size=[32,48,48]",
            "channels=16",
        ),
        "Nuclei in fluorescence volumes. Learned from one volume of an Arabidopsis ovule, one of cultured cells and "
        "five made by the program with as much noise, brought to nuclei of 16 px and shown at half to twice that size; "
        "a volume of another ovule was kept aside for the scores.",
        "MIT (ovule), BSD-3-Clause (cells); weights under BSD-3-Clause",
        "Vijayan A et al. (2024). A deep learning-based toolkit for 3D nuclei segmentation and quantitative analysis "
        "in cellular and tissue context. Development 151, dev202800. Cells: Allen Institute for Cell Science.",
    ),
}


def write_pairs(pairs: Iterator[Pair], folder: Path) -> None:
    """As ``PART/images`` and ``PART/labels``."""
    for pair in pairs:
        for kind, array in (("images", pair.image), ("labels", pair.labels)):
            place = folder / pair.part / kind
            place.mkdir(parents=True, exist_ok=True)
            axes = {"metadata": {"axes": "ZYX"[-array.ndim :]}}
            tifffile.imwrite(place / f"{pair.name}.tif", array, **axes)


def make(name: str, data: Path, room: Path, given: argparse.Namespace) -> Path:
    """Learn a model; the folder of it in the run."""
    starter = STARTERS[name]
    shutil.rmtree(room, ignore_errors=True)
    write_pairs(starter.pairs(data, given.seed), room / "set")
    request = TrainingRequest(
        room / "set", room / "run", starter.goal, device="cpu", assignments=(*starter.settings, *given.change)
    )
    config = training_config(request, RecordingContext())
    pairs = tuple(pair for pair in config.dataset.pairs if pair.role != "test")
    dataset = config.dataset.model_copy(update={"pairs": pairs, "class_names": ("Nucleus",)})
    config = config.model_copy(update={"name": name, "dataset": dataset})
    step = seconds_of_a_step(config, room / "try")
    steps = max(20, int(60 * given.minutes / step))
    say(f"{name}: {config.network} {config.network_arguments}, patch {config.patch_size}, {step:.2f} s a step, {steps}")
    result, took = learned(config, steps, room / "run", RecordingContext())
    say(f"{name}: {took:.0f} s of the processor, {result.scores}")
    return Path(result.model)


def pairs_in(folder: Path, most: int) -> list[tuple[Volume, NDArray[Any]]]:
    """Images and labels of a folder with ``images`` and ``labels``, evenly chosen."""
    files = sorted((folder / "images").iterdir())
    chosen = files[:: max(1, len(files) // most)][:most]
    found = []
    for file in chosen:
        truth = tifffile.imread(folder / "labels" / file.name)
        found.append((open_volume(file), truth.reshape((1,) * (3 - truth.ndim) + truth.shape)))
    return found


def usual_diameter(pairs: list[tuple[Volume, NDArray[Any]]]) -> float:
    """Of the objects of an image in px (x), the median over images."""
    usual = []
    for volume, truth in pairs:
        counts = np.bincount(truth.ravel())[1:]
        size = float(np.median(counts[counts > 0]))
        usual.append(2 * (size / np.pi) ** 0.5 if volume.is_2d else (6 * size / np.pi) ** (1 / 3))
    return float(np.median(usual))


def finished(name: str, model: Path, room: Path, target: Path, note: str) -> Path:
    """The model with half-precision weights, what it learned from, and its scores on the images kept aside."""
    starter, card = STARTERS[name], load_card(model)
    weights = {key: _halved(key, value) for key, value in read_weights(model).items()}
    learned_from = pairs_in(room / "set" / "train", 10**6)
    training = {key: value for key, value in card.training.items() if key not in ("system", "python")}
    card = card.model_copy(
        update={
            "name": name, "description": starter.description, "licence": starter.licence,
            "citation": starter.citation, "object_diameter": round(usual_diameter(learned_from), 1),
            "decode": {**card.decode, "min_confidence": 0.0},  # models are less sure of objects of other microscopes
            "training": {**training, "made_by": "tests/benchmarks/make_models.py", **({"note": note} if note else {})},
        }
    )  # fmt: skip
    saved = save_model(target / f"{name}.vwmodel", card, weights, read_preview(model))
    counted = measured(saved, pairs_in(room / "set" / "test", 10**6))
    tell(counted)
    metrics: dict[str, float] = {}
    ranges: dict[str, Range] = {}
    for (scale, way), parts in counted.items():
        name = f"test/{_NAMES[way]}{_NAMES[scale]}"
        metrics[name] = round(Sum.together(parts).f1, 3)
        ranges |= ranges_of_draws([[one] for one in parts], lambda drawn, name=name: {name: Sum.together(drawn).f1})
    usual = counted[1.0, "estimated"]
    metrics["test/dice"] = round(Sum.together(usual).dice, 3)
    ranges |= ranges_of_draws([[one] for one in usual], lambda drawn: {"test/dice": Sum.together(drawn).dice})
    training = {**card.training, RANGES: {name: [round(end, 3) for end in ends] for name, ends in ranges.items()}}
    ordered = {"test/f1": metrics["test/f1"], **metrics}
    return save_model(
        saved, card.model_copy(update={"metrics": ordered, "training": training}), weights, read_preview(model)
    )


_NAMES: dict[object, str] = {
    "estimated": "",
    "as it is": "as_it_is/",
    1.0: "f1",
    0.5: "f1_half_size",
    2.0: "f1_twice_size",
}


def _halved(name: str, value: NDArray[Any]) -> NDArray[Any]:
    """Weights as float16; statistics of a normalisation, which may be larger than these can be, stay."""
    return value.astype(np.float16) if value.dtype == np.float32 and "running" not in name else value


def main(given: argparse.Namespace) -> None:
    torch.set_num_threads(given.threads)
    room = given.room or Path(tempfile.mkdtemp())
    place = room / given.model
    if given.measure is not None:
        tell(measured(RESOURCES / f"{given.model}.vwmodel", pairs_in(given.measure, given.images)))
        return
    if given.run_model is not None and not (place / "set").exists():
        write_pairs(STARTERS[given.model].pairs(given.data, given.seed), place / "set")
    model = given.run_model or make(given.model, given.data, place, given)
    say(str(finished(given.model, model, place, RESOURCES, given.note)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=list(STARTERS))
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--room", type=Path, help="folder for images and runs; a temporary one if left out")
    parser.add_argument("--change", action="append", default=[], help="KEY=VALUE of the training")
    parser.add_argument("--run-model", type=Path, help="only finish and score this model, learned with that seed")
    parser.add_argument("--note", default="", help="what to say of the training in the card")
    parser.add_argument("--measure", type=Path, metavar="FOLDER", help="only score the model on images and labels")
    parser.add_argument("--images", type=int, default=20, help="as many of that folder at most")
    main(parser.parse_args())
