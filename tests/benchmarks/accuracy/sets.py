"""Labelled sets as folders of images and labels, and who is left out of each split."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
import tifffile
from numpy.typing import NDArray

from desktop_app.core.config.groups import groups_in, with_groups
from desktop_app.core.labelling.scheme import LabelKind
from desktop_app.io.datasets import pairs_in_folder
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import open_volume

FOLDS = 5
"""Parts of the specimens, of which one is left out of each split; where there are fewer specimens, one of them."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One image with labels.

    Attributes:
        name: Of the image, without its ending.
        group: What must not be split, by the product's own rule for names; in a set of one specimen a piece of it.
        image: Its file.
        labels: Its label file.
    """

    name: str
    group: str
    image: Path
    labels: Path

    def grey(self) -> NDArray[Any]:
        """``(Z, Y, X)`` grey values."""
        return np.asarray(open_volume(self.image).read(channel=0))

    def truth(self) -> NDArray[Any]:
        """``(Z, Y, X)`` labels."""
        return np.asarray(open_labels(self.labels).read())

    @property
    def sampling(self) -> tuple[float, float, float]:
        """Edges of a voxel (z, y, x); 1 where the image does not say."""
        return open_volume(self.image).voxel_size.zyx


@dataclass(frozen=True, slots=True)
class BenchSet:
    """A set of images.

    Attributes:
        name: Said on the command line.
        counts: What counts in it, in a line.
        kind: What its labels hold.
        goal: What the user says in the wizard.
        dimensions: Of the objects that are compared: 2 slice by slice, 3 as volumes.
        gather: Writes pairs of files as a user has them into a folder, which is a data set after that.
        groups: How specimens are told: by names, or by pieces of one specimen, which are friendlier than another one.
        scored: Class values that are scored; empty: all that are there.
        unlabelled: Value of voxels of which nothing is known.
        folder: Its folder among the data; empty: its name.
    """

    name: str
    counts: str
    kind: LabelKind
    goal: str
    dimensions: Literal[2, 3]
    gather: Callable[[Path, Path], None]
    groups: Literal["names", "pieces"] = "names"
    scored: tuple[int, ...] = ()
    unlabelled: int | None = None
    folder: str = ""

    def samples(self, data: Path, folder: Path) -> list[Sample]:
        """Its pairs, written into ``folder``, with the groups that the product tells from their names."""
        self.gather(data / (self.folder or self.name), folder)
        pairs = with_groups(pairs_in_folder(folder))
        found = groups_in(pairs)
        group_of = {place: name for name, places in found.items() for place in places}
        if self.groups == "pieces":
            size = -(-len(pairs) // min(FOLDS, len(pairs)))
            group_of = {place: f"piece {place // size + 1}" for place in range(len(pairs))}
        return [
            Sample(pair.name, group_of[place], Path(pair.image), pair.label_path) for place, pair in enumerate(pairs)
        ]


def splits(samples: Sequence[Sample], count: int) -> Iterator[tuple[list[Sample], list[Sample]]]:
    """Samples to learn from and samples left out: whole groups, other ones in each split, the same in every run."""
    names = sorted({sample.group for sample in samples})
    shuffled = [names[i] for i in np.random.default_rng(0).permutation(len(names))]
    folds = min(FOLDS, len(names))
    for number in range(min(count, folds)):
        left = set(shuffled[number::folds])
        yield [s for s in samples if s.group not in left], [s for s in samples if s.group in left]


def write_pairs(samples: Sequence[Sample], folder: Path) -> None:
    """Copy pairs into ``images`` and ``labels`` of a folder."""
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    for sample in samples:
        shutil.copy(sample.image, folder / "images" / sample.image.name)
        shutil.copy(sample.labels, folder / "labels" / sample.labels.name)


def _copied(source: Path, folder: Path) -> None:
    shutil.copytree(source, folder, dirs_exist_ok=True)


def _panoptic_pictures(source: Path, folder: Path) -> None:
    for given, taken in (("images", "images"), ("masks", "labels")):
        shutil.copytree(source / "panoptic" / "vnc" / given, folder / taken)


def _slices(source: Path, folder: Path) -> None:
    """Of each volume the slice that shows most objects, as a picture."""
    for pair in pairs_in_folder(source):
        volume, truth = open_volume(Path(pair.image)), np.asarray(open_labels(pair.label_path).read())
        place = max(range(len(truth)), key=lambda z: len(np.unique(truth[z])))
        size = volume.voxel_size
        _write(
            folder,
            pair.name,
            np.asarray(volume.read(channel=0))[place : place + 1],
            truth[place : place + 1],
            size.zyx,
            str(size.unit),
        )


_WITHOUT_SIGNAL = ("1137",)
"""Ovules whose grey values do not show what is labelled: their mean is 127 inside of nuclei and 125 outside."""


def _ovules(source: Path, folder: Path) -> None:
    for path in sorted(source.glob("*.h5")):
        if path.stem in _WITHOUT_SIGNAL:
            continue
        with h5py.File(path) as file:
            edges = [float(edge) for edge in file["raw"].attrs["element_size_um"]]
            _write(folder, path.stem, file["raw"][()], file["label"][()], edges, "um")


def _cut(image: str, labels: str) -> Callable[[Path, Path], None]:
    """One volume as four columns with a gap of a sixteenth between them, so that no object is on both sides."""

    def gather(source: Path, folder: Path) -> None:
        volume = open_volume(source / image)
        grey, truth = np.asarray(volume.read(channel=0)), np.asarray(open_labels(source / labels).read())
        edges = [np.linspace(0, size, 3).astype(int) for size in grey.shape[1:]]
        gaps = [size // 32 for size in grey.shape[1:]]
        for row in range(2):
            for column in range(2):
                y, x = (
                    slice(e[k] + (g if k else 0), e[k + 1] - (0 if k else g))
                    for e, g, k in zip(edges, gaps, (row, column), strict=True)
                )
                name = f"quarter{2 * row + column + 1}"
                _write(
                    folder,
                    name,
                    grey[:, y, x],
                    truth[:, y, x],
                    volume.voxel_size.zyx,
                    str(volume.voxel_size.unit),
                )

    return gather


def _write(folder: Path, name: str, grey: NDArray[Any], truth: NDArray[Any], edges: Sequence[float], unit: str) -> None:
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    z, y, x = edges
    tifffile.imwrite(
        folder / "images" / f"{name}.tif",
        np.ascontiguousarray(grey),
        imagej=True,
        resolution=(1 / x, 1 / y),
        metadata={"spacing": z, "unit": unit.replace("µ", "u"), "axes": "ZYX"},  # descriptions are ASCII
    )
    tifffile.imwrite(folder / "labels" / f"{name}.tif", np.ascontiguousarray(truth), photometric="minisblack")


_SETS = (
    BenchSet("nuclei3d_embryo", "nuclei of embryos left out; late stages touch", "objects", "objects3d", 3, _copied),
    BenchSet(
        "embryo_slices",
        "nuclei in the slice of each embryo that shows most of them",
        "objects",
        "objects2d",
        2,
        _slices,
        folder="nuclei3d_embryo",
    ),
    BenchSet("nuclei3d_ovule", "dense nuclei of ovules left out", "objects", "objects3d", 3, _ovules),
    BenchSet(
        "nuclei3d_cells3d",
        "nuclei of a quarter left out of one volume; 20 in all, so that one is 0.05",
        "objects",
        "objects3d",
        3,
        _cut("image.tif", "labels.tif"),
        "pieces",
    ),
    BenchSet(
        "nuclei2d_dsb", "nuclei of pictures left out, of many stains and sizes", "objects", "objects2d", 2, _copied
    ),
    BenchSet(
        "em_vnc",
        "mitochondria in sections left out; of one animal, with neighbours on the other side",
        "objects",
        "objects2d",
        2,
        _panoptic_pictures,
        "pieces",
    ),
    BenchSet(
        "em_fib25",
        "pieces of neurons in a quarter left out of one volume; dense, more than voxelwise learning can do",
        "objects",
        "objects3d",
        3,
        _cut("image.tif", "neurons.tif"),
        "pieces",
    ),
    BenchSet(
        "axons_lightsheet",
        "Dice of axons at the labelled voxels of cubes left out; 2 or 3 planes of 64 are labelled",
        "classes",
        "regions",
        3,
        _copied,
        scored=(2,),
        unlabelled=0,
    ),
    BenchSet("mri_hippocampus", "mean Dice of two parts in people left out", "classes", "regions", 3, _copied),
)
SETS = {one.name: one for one in _SETS}
