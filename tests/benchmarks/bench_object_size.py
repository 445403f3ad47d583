"""How right the estimated size of objects is in images that its two constants were not chosen on.

    python -m tests.benchmarks.bench_object_size --data ../shared/data

from the repository's root. Objects are nuclei. Pictures of BBBC038 are told apart by their size, which says from which
laboratory they are, volumes by their set. Each of these is left out once: the powers with which blobs count
are chosen on the others (the most images within a factor of 1.5, then the smallest median error), and the size is
estimated with them. Beside it stands what the program's own powers reach, which were chosen on some of these.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.objects.object_size import blobs_in, estimated_size, usual_diameter
from tests.benchmarks.accuracy.sets import SETS, Sample

_NEAR = 1.5
"""Factor within which an answer is right: models work from half to twice the size, with this much to spare."""
_POWERS = tuple(product(np.arange(0, 4.5, 0.5).tolist(), repeat=2))
_LARGEST = 40 * 400 * 400
"""Voxels of a volume that are looked at; the middle of a larger one."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image with its blobs.

    Attributes:
        set: What is left out together.
        blobs: ``(N, 2)`` diameters and clearness.
        true: Median diameter of its objects in px (x).
        ours: What the program says; NaN where nothing stands out.
    """

    set: str
    blobs: NDArray[np.float64]
    true: float
    ours: float

    def error(self, diameter: float) -> float:
        """By which factor a diameter is wrong, as a logarithm."""
        return abs(float(np.log(diameter / self.true))) if diameter > 0 else np.inf


def pictures(samples: Iterable[Sample], name: str) -> list[Picture]:
    """Look at images, and say nothing of those without objects."""
    found = []
    for sample in samples:
        grey, truth = sample.grey(), sample.truth()
        edges = sample.sampling
        thickness = edges[0] / edges[2]
        counts = np.bincount(truth.ravel())[1:]
        counts = counts[counts > 0]
        if not counts.size:
            continue
        if grey.shape[0] == 1:
            true = float(np.median(2 * np.sqrt(counts / np.pi)))
        else:
            true = float(np.median((6 * counts * thickness / np.pi) ** (1 / 3)))
            grey = _middle(grey)
        values = grey.astype(np.float32)
        low, high = np.percentile(values, (1, 99.8))
        values = np.clip((values - low) / max(high - low, 1e-6), 0, 1)
        bright = values.mean() >= np.median(values)
        size = estimated_size(grey, thickness)
        group = name if grey.shape[0] > 1 else f"{name}, {grey.shape[2]} × {grey.shape[1]}"
        blobs = blobs_in(values if bright else 1 - values, thickness)
        found.append(Picture(group, blobs, true, np.nan if size is None else size.diameter))
    return found


def _middle(grey: NDArray[np.generic]) -> NDArray[np.generic]:
    """The middle of a volume, of which all slices are kept as far as that goes."""
    shrink = min(1.0, (_LARGEST / grey.size) ** 0.5)
    starts = [round((1 - shrink) / 2 * n) for n in grey.shape[1:]]
    return grey[:, starts[0] : grey.shape[1] - starts[0], starts[1] : grey.shape[2] - starts[1]]


def chosen(known: Sequence[Picture]) -> tuple[float, float]:
    """The powers with which most of these are right."""

    def worth(powers: tuple[float, float]) -> tuple[int, float]:
        errors = [one.error(usual_diameter(one.blobs, powers)) for one in known if one.blobs.size]
        return -sum(error < np.log(_NEAR) for error in errors), float(np.median(errors))

    return min(_POWERS, key=worth)


def report(found: Sequence[Picture]) -> None:
    """Each set left out, then all together."""
    right = ours = 0
    for name in sorted({one.set for one in found}):
        left = [one for one in found if one.set == name]
        powers = chosen([one for one in found if one.set != name])
        answers = [usual_diameter(one.blobs, powers) if one.blobs.size else 0.0 for one in left]
        near = sum(one.error(answer) < np.log(_NEAR) for one, answer in zip(left, answers, strict=True))
        own = sum(one.error(one.ours) < np.log(_NEAR) for one in left)
        say(f"  {name}: {near} of {len(left)} with powers of the others {powers}; {own} with the program's own")
        right, ours = right + near, ours + own
    say(f"  all: {right} of {len(found)} left out, {ours} with the program's own powers")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--kind", choices=("pictures", "volumes"), help="look at these alone")
    given = parser.parse_args()
    kinds = {"pictures": ("nuclei2d_dsb",), "volumes": ("nuclei3d_embryo", "nuclei3d_ovule", "nuclei3d_cells3d")}
    for kind, names in kinds.items():
        if given.kind not in (None, kind):
            continue
        found: list[Picture] = []
        for name in names:
            with tempfile.TemporaryDirectory() as folder:
                found += pictures(SETS[name].samples(given.data, Path(folder) / "set"), name)
        say(f"{len(found)} {kind}, within a factor of {_NEAR}:")
        report(found)


if __name__ == "__main__":
    main()
